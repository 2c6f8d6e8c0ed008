// Receives Sluice's webhooks: checks each signature, drops what it has already, and prints one line an event. Needs Node 20 and nothing else.
//
//   SLUICE_WEBHOOK_SECRET=whsec_… PORT=8787 node webhook-receiver.mjs
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const key = Buffer.from(process.env.SLUICE_WEBHOOK_SECRET.replace(/^whsec_/, ""), "base64");
const toleranceSeconds = 5 * 60;
const largestBody = 1_000_000;

// A real receiver keeps the ids where a restart does not lose them, for instance under a unique key of its own database.
const seen = new Set();

function isSigned(headers, body) {
  const id = headers["webhook-id"];
  const timestamp = headers["webhook-timestamp"];
  if (!id || !/^[0-9]+$/.test(timestamp ?? "") || Math.abs(Date.now() / 1000 - Number(timestamp)) > toleranceSeconds) {
    return false;
  }

  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest();
  return (headers["webhook-signature"] ?? "").split(" ").some((signature) => {
    const [version, value] = signature.split(",", 2);
    const given = Buffer.from(value ?? "", "base64");
    return version === "v1" && given.length === expected.length && timingSafeEqual(given, expected);
  });
}

async function read(request) {
  const parts = [];
  let length = 0;
  for await (const part of request) {
    length += part.length;
    if (length > largestBody) {
      return null;
    }
    parts.push(part);
  }
  return Buffer.concat(parts);
}

const server = createServer(async (request, response) => {
  const body = request.method === "POST" ? await read(request) : null;
  // The signature is about the bytes as they came: check it before anything is parsed.
  if (body === null || !isSigned(request.headers, body)) {
    response.writeHead(401, { connection: "close" }).end();
    return;
  }

  for (const event of JSON.parse(body).data.events) {
    if (!seen.has(event.id)) {
      seen.add(event.id);
      console.log(JSON.stringify(event));
    }
  }

  // Only now: what was answered is not sent again.
  response.writeHead(204).end();
});

server.listen(Number(process.env.PORT ?? 8787), "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
