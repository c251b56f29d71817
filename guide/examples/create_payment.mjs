const response = await fetch('http://localhost:3000/api/v1/create-payment', {
  method: 'POST',
  headers: {
    'Content-Type': 'application/json',
    'X-API-Key': 'pgk_your_api_key',
    'Idempotency-Key': 'ORDER-123'
  },
  body: JSON.stringify({
    amount: 100,
    customer_name: 'John Doe',
    customer_email: 'john@example.com',
    merchant_ref: 'ORDER-123'
  })
});
const answer = await response.json();
if (!answer.success) throw new Error(answer.message);

// Send the customer to the checkout page
console.log(answer.payment.checkout_url);
