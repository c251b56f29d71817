// A merchant's server as the integration guide shows it: `JSON.parse` stands for Express' body parser, and the function
// below is the guide's sample, word for word. Reads one request a line from standard input, answers one line each.
import crypto from 'node:crypto';
import readline from 'node:readline';

function verifyWebhook(body, signature, secret) {
const expected = crypto
.createHmac('sha256', secret)
.update(body)
.digest('hex');
return signature === expected;
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { body, signature, secret } = JSON.parse(line);
  const req = { body: JSON.parse(body) };
  const valid = verifyWebhook(
JSON.stringify(req.body), signature, secret
);
  process.stdout.write(JSON.stringify({ valid, written: JSON.stringify(req.body) }) + '\n');
}
