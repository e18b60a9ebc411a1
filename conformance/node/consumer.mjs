// sqs-consumer as its README shows it: prints each message; the one that says so fails the first time.
import { SQSClient } from "@aws-sdk/client-sqs";
import { Consumer } from "sqs-consumer";

const [endpoint, queueUrl, count] = process.argv.slice(2);
let left = Number(count);
let failed = false;

const consumer = Consumer.create({
  queueUrl,
  sqs: new SQSClient({ endpoint, region: "us-east-1", credentials: { accessKeyId: "000000000000", secretAccessKey: "test" } }),
  batchSize: 10,
  waitTimeSeconds: 5,
  terminateVisibilityTimeout: true,
  handleMessage: async (message) => {
    if (message.Body === "fails once" && !failed) {
      failed = true;
      throw new Error("as it should");
    }
    console.log(message.Body);
    return message;
  },
});
const counted = () => {
  left -= 1;
  if (left === 0) consumer.stop();
};
consumer.on("stopped", () => process.exit(0));
consumer.on("message_processed", counted);
consumer.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
consumer.start();
