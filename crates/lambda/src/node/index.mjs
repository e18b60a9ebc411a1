// Runs a Node.js function: takes invocations from the Lambda Runtime API, calls the handler, answers.
//
// Speaks https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html for handlers that are async, take a callback, or
// are wrapped by awslambda.streamifyResponse; in CommonJS and in ES modules.

import { createRequire } from "node:module";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { PassThrough } from "node:stream";
import { pathToFileURL } from "node:url";
import util from "node:util";

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true, maxSockets: 2 });
const STREAMING = Symbol("awslambda.streaming");
const HTTP_RESPONSE = "application/vnd.awslambda.http-integration-response";
let requestId;

// ---- the Runtime API ----

function request(method, call, headers = {}) {
  const options = { host, port, method, path: `/2018-06-01/runtime/${call}`, headers, agent };
  const sent = http.request(options);
  const answered = new Promise((resolve, reject) => {
    sent.on("error", reject);
    sent.on("response", (response) => {
      const pieces = [];
      response.on("data", (piece) => pieces.push(piece));
      response.on("error", reject);
      response.on("end", () => resolve({ headers: response.headers, body: Buffer.concat(pieces) }));
    });
  });
  return { sent, answered };
}

function post(call, body, headers = {}) {
  const bytes = Buffer.from(body);
  const { sent, answered } = request("POST", call, {
    "Content-Type": "application/json",
    "Content-Length": bytes.length,
    ...headers,
  });
  sent.end(bytes);
  return answered;
}

function shown(error) {
  if (error instanceof Error) {
    return {
      errorType: error.name,
      errorMessage: error.message,
      trace: (error.stack ?? "").split("\n"),
      ...(error.cause === undefined ? {} : { cause: util.inspect(error.cause) }),
    };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

function logged(label, error) {
  const document = error instanceof Error ? { ...error, ...shown(error), stack: shown(error).trace } : shown(error);
  delete document.trace;
  write("ERROR", `${label} \t${JSON.stringify(document)}`);
}

function fail(error) {
  const document = shown(error);
  return post(`invocation/${requestId}/error`, JSON.stringify(document), {
    "Lambda-Runtime-Function-Error-Type": document.errorType,
  });
}

// ---- console, as Lambda writes it ----

const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const least = LEVELS.indexOf((process.env.AWS_LAMBDA_LOG_LEVEL ?? "TRACE").toUpperCase());
const asJson = process.env.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === "JSON";

function write(level, ...values) {
  if (asJson && LEVELS.indexOf(level) < least) return;
  const timestamp = new Date().toISOString();
  if (asJson) {
    const message = values.length === 1 && typeof values[0] === "object" ? values[0] : util.format(...values);
    const error = values.find((value) => value instanceof Error);
    const line = { timestamp, level, ...(requestId && { requestId }), message };
    if (error) Object.assign(line, { errorType: error.name, errorMessage: error.message, stackTrace: shown(error).trace });
    process.stdout.write(`${safeJson(line)}\n`);
    return;
  }
  // One event a call: a line's end within it is written as Lambda does it.
  const text = util.format(...values).replaceAll("\n", "\r");
  process.stdout.write(`${timestamp}\t${requestId ?? "undefined"}\t${level}\t${text}\n`);
}

function safeJson(line) {
  try {
    return JSON.stringify(line);
  } catch {
    return JSON.stringify({ ...line, message: util.inspect(line.message) });
  }
}

for (const [name, level] of Object.entries({
  trace: "TRACE", debug: "DEBUG", log: "INFO", info: "INFO", warn: "WARN", error: "ERROR",
})) {
  console[name] = (...values) => write(level, ...values);
}

// ---- streamed responses ----

globalThis.awslambda = {
  streamifyResponse(handler, options) {
    handler[STREAMING] = options ?? {};
    return handler;
  },
  HttpResponseStream: {
    from(stream, metadata) {
      stream.setContentType(HTTP_RESPONSE);
      stream.write(JSON.stringify(metadata));
      stream.write(Buffer.alloc(8));
      return stream;
    },
  },
};

async function stream(handler, event, context) {
  const response = new PassThrough();
  let contentType = "application/octet-stream";
  response.setContentType = (type) => (contentType = type);
  let begun;
  const begin = () => {
    begun ??= request("POST", `invocation/${requestId}/response`, {
      "Content-Type": contentType,
      "Transfer-Encoding": "chunked",
      "Lambda-Runtime-Function-Response-Mode": "streaming",
      Trailer: "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body",
    });
    return begun;
  };
  const written = (async () => {
    for await (const piece of response) {
      const { sent } = begin();
      if (!sent.write(piece)) await new Promise((resolve) => sent.once("drain", resolve));
    }
  })();
  written.catch(() => {});
  try {
    await handler(event, response, context);
    if (!response.writableEnded && !response.writableFinished) {
      await new Promise((resolve) => response.once("finish", resolve));
    }
    await written;
    const { sent, answered } = begin();
    sent.end();
    await answered;
  } catch (error) {
    logged("Invoke Error", error);
    response.destroy();
    await written.catch(() => {});
    if (!begun) return fail(error);
    const document = shown(error);
    begun.sent.addTrailers({
      "Lambda-Runtime-Function-Error-Type": document.errorType,
      "Lambda-Runtime-Function-Error-Body": Buffer.from(JSON.stringify(document)).toString("base64"),
    });
    begun.sent.end();
    await begun.answered;
  }
}

// ---- answers at once ----

function call(handler, event, context) {
  return new Promise((resolve, reject) => {
    let settled = false;
    const settle = (error, result) => {
      if (settled) return;
      settled = true;
      error === null || error === undefined ? resolve(result) : reject(error);
    };
    const callback = (error, result) => {
      if (!context.callbackWaitsForEmptyEventLoop) return settle(error, result);
      process.once("beforeExit", () => settle(error, result));
    };
    context.done = callback;
    context.succeed = (result) => settle(null, result);
    context.fail = (error) => settle(error ?? new Error("handled"));
    const returned = handler(event, context, callback);
    if (typeof returned?.then === "function") {
      returned.then((result) => settle(null, result), (error) => settle(error ?? new Error("unknown")));
    } else if (handler.length < 3 && returned !== undefined) {
      settle(null, returned);
    } else if (handler.length < 3) {
      // Neither a promise nor a callback: the answer is null once nothing is left to do.
      process.once("beforeExit", () => settle(null, null));
    }
  });
}

async function answer(handler, event, context) {
  let result;
  try {
    result = JSON.stringify(await call(handler, event, context)) ?? "null";
  } catch (error) {
    logged("Invoke Error", error);
    return fail(error);
  }
  return post(`invocation/${requestId}/response`, result);
}

// ---- the handler ----

function moduleFile(folder, name) {
  const stem = path.resolve(folder, name);
  const found = ["", ".js", ".mjs", ".cjs"].map((end) => stem + end).find((file) => fs.statSync(file, { throwIfNoEntry: false })?.isFile());
  if (found) return found;
  const error = new Error(`Error: Cannot find module '${name}'\nRequire stack:\n- ${folder}`);
  error.name = "Runtime.ImportModuleError";
  throw error;
}

async function load() {
  const folder = process.env.LAMBDA_TASK_ROOT;
  const text = process.env._HANDLER;
  const base = path.basename(text);
  const dot = base.indexOf(".");
  if (dot < 1) {
    const error = new Error("Bad handler");
    error.name = "Runtime.MalformedHandlerName";
    throw error;
  }
  const name = path.join(path.dirname(text), base.slice(0, dot));
  const file = moduleFile(folder, name);
  const loaded = await importOrRequire(file);
  let handler = base.slice(dot + 1).split(".").reduce((value, member) => value?.[member], loaded);
  handler ??= base.slice(dot + 1).split(".").reduce((value, member) => value?.[member], loaded.default);
  if (typeof handler !== "function") {
    const error = new Error(`${text} is undefined or not exported`);
    error.name = "Runtime.HandlerNotFound";
    throw error;
  }
  return handler;
}

async function importOrRequire(file) {
  try {
    if (file.endsWith(".mjs") || isModule(file)) return await import(pathToFileURL(file).href);
    return createRequire(file)(file);
  } catch (error) {
    const kinds = { ERR_MODULE_NOT_FOUND: "Runtime.ImportModuleError", MODULE_NOT_FOUND: "Runtime.ImportModuleError" };
    const kind = error instanceof SyntaxError ? "Runtime.UserCodeSyntaxError" : kinds[error.code];
    if (kind) {
      const renamed = new Error(`${error.name}: ${error.message}`);
      renamed.name = kind;
      renamed.stack = error.stack;
      throw renamed;
    }
    throw error;
  }
}

/** Whether the nearest package.json says that .js files are ES modules. */
function isModule(file) {
  if (!file.endsWith(".js")) return false;
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    const manifest = path.join(folder, "package.json");
    if (fs.existsSync(manifest)) return JSON.parse(fs.readFileSync(manifest, "utf8")).type === "module";
    if (folder === path.dirname(folder)) return false;
  }
}

function contextOf(headers) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const parsed = (name) => (headers[name] ? JSON.parse(headers[name]) : undefined);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parsed("lambda-runtime-client-context"),
    identity: parsed("lambda-runtime-cognito-identity"),
    tenantId: headers["lambda-runtime-aws-tenant-id"],
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

// ---- the loop ----

async function die(kind, error) {
  const document = { ...shown(error), errorType: kind };
  logged(kind === "Runtime.UnhandledPromiseRejection" ? "Unhandled Promise Rejection" : "Uncaught Exception", error);
  const headers = { "Lambda-Runtime-Function-Error-Type": kind };
  const where = requestId ? `invocation/${requestId}/error` : "init/error";
  await post(where, JSON.stringify(document), headers).catch(() => {});
  process.exit(128);
}
process.on("uncaughtException", (error) => die(error?.name ?? "Error", error));
process.on("unhandledRejection", (error) => die("Runtime.UnhandledPromiseRejection", error));

async function run() {
  let handler;
  try {
    handler = await load();
  } catch (error) {
    logged("Uncaught Exception", error);
    const document = shown(error);
    await post("init/error", JSON.stringify(document), { "Lambda-Runtime-Function-Error-Type": document.errorType });
    process.exit(1);
  }
  for (;;) {
    const { sent, answered } = request("GET", "invocation/next");
    sent.end();
    const { headers, body } = await answered;
    requestId = headers["lambda-runtime-aws-request-id"];
    const trace = headers["lambda-runtime-trace-id"];
    if (trace) process.env._X_AMZN_TRACE_ID = trace;
    const context = contextOf(headers);
    const event = JSON.parse(body.toString());
    await (handler[STREAMING] ? stream(handler, event, context) : answer(handler, event, context));
  }
}

await run();
