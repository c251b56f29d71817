// The `standardwebhooks` package as a merchant's server would use it. Reads one request a line from standard input and
// answers one line each: the event, or why it was refused.
import readline from 'node:readline';
import { Webhook } from 'standardwebhooks';

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { body, headers, secret } = JSON.parse(line);
  let answer;
  try {
    answer = { event: new Webhook(secret).verify(body, headers) };
  } catch (error) {
    answer = { refused: error.message };
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}
