import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

function verifyWebhook(body, signature, secret) {
  const expected = createHmac('sha256', secret).update(body).digest();
  const given = Buffer.from(signature ?? '', 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

createServer(async (req, res) => {
  const chunks = [];
  for await (const chunk of req) chunks.push(chunk);
  const body = Buffer.concat(chunks);

  if (!verifyWebhook(body, req.headers['x-webhook-signature'], 'your_webhook_secret')) {
    res.writeHead(401).end('Invalid signature');
    return;
  }
  const { event, event_id, merchant_ref, requested_amount } = JSON.parse(body);
  // Act on each event_id once. On payment.success: find the order by
  // merchant_ref, compare requested_amount with its price, then ship.
  console.log(event, event_id, merchant_ref, requested_amount);
  res.writeHead(200, { 'Content-Type': 'application/json' }).end('{"received": true}');
}).listen(8000);
