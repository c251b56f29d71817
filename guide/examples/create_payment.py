import json
from urllib.error import HTTPError
from urllib.request import Request, urlopen

order = {
    "amount": 100,
    "customer_name": "John Doe",
    "customer_email": "john@example.com",
    "merchant_ref": "ORDER-123",
}
request = Request(
    "http://localhost:3000/api/v1/create-payment",
    data=json.dumps(order).encode(),
    headers={
        "Content-Type": "application/json",
        "X-API-Key": "pgk_your_api_key",
        "Idempotency-Key": "ORDER-123",
    },
)
try:
    with urlopen(request, timeout=10) as response:
        payment = json.load(response)["payment"]
except HTTPError as error:
    raise SystemExit(json.load(error)["message"]) from None

# Send the customer to the checkout page
print(payment["checkout_url"])
