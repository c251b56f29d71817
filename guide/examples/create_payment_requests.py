import requests

response = requests.post(
    "http://localhost:3000/api/v1/create-payment",
    headers={"X-API-Key": "pgk_your_api_key", "Idempotency-Key": "ORDER-123"},
    json={
        "amount": 100,
        "customer_name": "John Doe",
        "customer_email": "john@example.com",
        "merchant_ref": "ORDER-123",
    },
    timeout=10,
)
answer = response.json()
if not answer["success"]:
    raise SystemExit(answer["message"])

# Send the customer to the checkout page
print(answer["payment"]["checkout_url"])
