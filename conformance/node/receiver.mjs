// An SNS receiver as AWS's documentation shows them: it checks every signature with npm's sns-validator, confirms its
// subscription and prints what came, a line of JSON each.
//
// sns-validator fetches certificates over https from a host that fits a pattern. Ours is this machine's, so the pattern
// names it, and its certificates are fetched over http. Nothing else of the validator is touched.

import http from "node:http";
import https from "node:https";
import MessageValidator from "sns-validator";

const own = process.argv[2]; // host:port of konekuta
const escaped = own.replace(/[.]/g, "\\.");
const validator = new MessageValidator(new RegExp(`^${escaped}$`));
https.get = (url, answer) => {
  const target = new URL(url);
  if (target.host !== own) throw new Error(`no certificates from ${target.host}`);
  return http.get(`http://${own}${target.pathname}`, answer);
};

const validated = (text) =>
  new Promise((resolve, reject) => {
    const message = JSON.parse(text);
    message.SigningCertURL = message.SigningCertURL.replace("http://", "https://");
    validator.validate(message, (error, valid) => (error ? reject(error) : resolve(valid)));
  });

const server = http.createServer(async (request, response) => {
  let text = "";
  for await (const piece of request) text += piece;
  try {
    const message = await validated(text);
    if (message.Type === "SubscriptionConfirmation") await fetch(message.SubscribeURL);
    console.log(JSON.stringify({ type: message.Type, version: message.SignatureVersion, message: message.Message }));
    response.end();
  } catch (error) {
    console.log(JSON.stringify({ error: error.message }));
    response.writeHead(400).end();
  }
});
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: server.address().port })));
