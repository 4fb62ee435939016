// Reads {secret, requests: [{headers, body}]} and writes what npm's libraries make of each request.
import { readFileSync } from "node:fs";
import { HTTP } from "cloudevents";
import { Webhook } from "standardwebhooks";

const { secret, requests } = JSON.parse(readFileSync(0, "utf8"));
const webhook = new Webhook(secret);
const found = requests.map(({ headers, body }) => {
    webhook.verify(body, headers); // throws unless it is signed well and fresh
    const event = HTTP.toEvent({ headers, body });
    event.validate();
    return { id: event.id, type: event.type, source: event.source, number: event.data.number };
});
process.stdout.write(JSON.stringify(found));
