<?php
$request = curl_init('http://localhost:3000/api/v1/create-payment');
curl_setopt_array($request, [
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_TIMEOUT => 10,
    CURLOPT_HTTPHEADER => [
        'Content-Type: application/json',
        'X-API-Key: pgk_your_api_key',
        'Idempotency-Key: ORDER-123',
    ],
    CURLOPT_POSTFIELDS => json_encode([
        'amount' => 100,
        'customer_name' => 'John Doe',
        'customer_email' => 'john@example.com',
        'merchant_ref' => 'ORDER-123',
    ]),
]);
$answer = json_decode((string) curl_exec($request), true);
if (!($answer['success'] ?? false)) {
    exit($answer['message'] ?? 'PayGate could not be reached.');
}

// Send the customer to the checkout page
header('Location: ' . $answer['payment']['checkout_url']);
