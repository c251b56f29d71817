<?php
$body = file_get_contents('php://input');
$expected = hash_hmac('sha256', $body, 'your_webhook_secret');
if (!hash_equals($expected, $_SERVER['HTTP_X_WEBHOOK_SIGNATURE'] ?? '')) {
    http_response_code(401);
    exit('Invalid signature');
}

$event = json_decode($body, true);
// Act on each event_id once. On payment.success: find the order by
// merchant_ref, compare requested_amount with its price, then ship.
error_log("{$event['event']} {$event['event_id']} {$event['merchant_ref']}");

header('Content-Type: application/json');
echo '{"received": true}';
