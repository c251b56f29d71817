// Node.js example
const crypto = require('crypto');

function verifyWebhook(body, signature, secret) {
  const expected = crypto
    .createHmac('sha256', secret)
    .update(body)
    .digest('hex');
  return signature === expected;
}

// In your Express route:
app.post('/webhook', (req, res) => {
  const sig = req.headers['x-webhook-signature'];
  const valid = verifyWebhook(
    JSON.stringify(req.body), sig, 'your_webhook_secret'
  );
  if (!valid) return res.status(401).send('Invalid signature');
  const { event, session_id, status } = req.body;
  // Process the payment event...
  res.json({ received: true });
});
