// A receiver of webhooks as others write it, with npm's packages: prints its port, then each event that it believes.
const http = require("http");
const { Webhook } = require("standardwebhooks");
const { HTTP } = require("cloudevents");

const secrets = process.argv.slice(2);
const server = http.createServer((request, response) => {
  let body = "";
  request.on("data", (part) => (body += part));
  request.on("end", () => {
    try {
      for (const secret of secrets) new Webhook(secret).verify(body, request.headers);
      const event = HTTP.toEvent({ headers: request.headers, body });
      event.validate();
      console.log(JSON.stringify([event.id, event.type, event.data.number]));
    } catch (error) {
      response.statusCode = 400;
      console.log(JSON.stringify(String(error)));
    }
    response.end();
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
