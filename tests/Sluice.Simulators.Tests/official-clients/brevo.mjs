// Drives the simulator with Brevo's official client and prints what the client made of the answers, as one JSON object.
import { BrevoClient, BrevoError } from "@getbrevo/brevo";

const [baseUrl, apiKey] = process.argv.slice(2);
const brevo = new BrevoClient({ apiKey, baseUrl, maxRetries: 0 });
const seen = {};

const account = await brevo.account.getAccount();
seen.account = { email: account.email, relay: account.relay.data.port };

await brevo.contacts.createAttribute({ attributeCategory: "normal", attributeName: "LTV", type: "float" });
await brevo.contacts.createAttribute({
  attributeCategory: "category", attributeName: "TIER", enumeration: [{ value: 1, label: "gold" }],
});
seen.attributes = (await brevo.contacts.getAttributes()).attributes
  .map(attribute => `${attribute.category}:${attribute.name}:${attribute.type ?? ""}`);

const created = await brevo.contacts.createContact({
  email: "jane@example.test", ext_id: "u1", attributes: { LTV: 12.5, TIER: 1, FIRSTNAME: "Jane" },
});
seen.createdId = created.id;
seen.upsert = (await brevo.contacts.createContact({ email: "jane@example.test", updateEnabled: true, attributes: { LTV: 13 } })) ?? null;
await brevo.contacts.updateContact({ identifier: "u1", identifierType: "ext_id", attributes: { LASTNAME: "Kim" } });
const jane = await brevo.contacts.getContactInfo({ identifier: "jane@example.test", identifierType: "email_id" });
seen.contact = { id: jane.id, attributes: jane.attributes, listIds: jane.listIds, blacklisted: jane.emailBlacklisted };
try {
  await brevo.contacts.createContact({ email: "jane@example.test" });
} catch (error) {
  seen.conflict = error instanceof BrevoError && { status: error.statusCode, duplicates: error.body.metadata.duplicate_identifiers };
}

const folder = await brevo.contacts.createFolder({ name: "Product" });
const list = await brevo.contacts.createList({ name: "Engaged", folderId: folder.id });
const added = await brevo.contacts.addContactToList({
  listId: list.id, body: { emails: ["jane@example.test", "ghost@example.test"] },
});
seen.added = added.contacts;
const members = await brevo.contacts.getContactsFromList({ listId: list.id, limit: 500 });
seen.members = { count: members.count, emails: members.contacts.map(contact => contact.email) };
seen.removed = (await brevo.contacts.removeContactFromList({ listId: list.id, body: { ids: [jane.id] } })).contacts;

const started = await brevo.contacts.importContacts({
  listIds: [list.id],
  disableNotification: true,
  jsonBody: [
    { email: "a@example.test", attributes: { EXT_ID: "a", LTV: 1 } },
    { email: "b@example.test", attributes: { EXT_ID: "b" } },
    { email: "not an address" },
  ],
});
let process_;
const deadline = Date.now() + 30_000;
do {
  process_ = await brevo.process.getProcess({ processId: started.processId });
  await new Promise(resume => setTimeout(resume, 50));
} while (!["completed", "failed"].includes(process_.status) && Date.now() < deadline);
seen.process = { status: process_.status, name: process_.name };
seen.invalid = await (await fetch(process_.info.import.invalid_emails)).text();
const page = await brevo.contacts.getContacts({ listIds: [list.id], sort: "asc", limit: 1000 });
seen.imported = page.contacts.map(contact => contact.email);
seen.listed = (await brevo.contacts.getList({ listId: list.id })).uniqueSubscribers;

const webhook = await brevo.webhooks.createWebhook({
  url: "http://127.0.0.1:9/brevo", type: "marketing", events: ["unsubscribed", "contactDeleted"],
  auth: { type: "bearer", token: "t" },
});
seen.webhooks = (await brevo.webhooks.getWebhooks({ type: "marketing" })).webhooks.map(hook => ({ id: hook.id, events: hook.events }));
await brevo.webhooks.deleteWebhook({ webhookId: webhook.id });
seen.webhooksLeft = (await brevo.webhooks.getWebhooks({ type: "marketing" })).webhooks.length;

await brevo.event.createEvent({
  event_name: "order_completed", identifiers: { ext_id: "u1" }, event_properties: { insert_id: "e1", revenue: 89.99 },
});
const batch = await brevo.event.createBatchEvents({
  events: [
    { event_name: "page_viewed", identifiers: { ext_id: "u1" } },
    { event_name: "not valid", identifiers: { ext_id: "u1" } },
  ],
});
seen.batchCount = batch.count;
const events = await brevo.event.getEvents({ event_name: "order_completed" });
seen.events = events.events.map(event => event.event_properties.insert_id);

const company = await brevo.companies.createACompany({ name: "Acme", attributes: { domain: "acme.test" }, linkedContactsIds: [jane.id] });
await brevo.companies.linkAndUnlinkCompanyWithContactAndDeal({ id: company.id, unlinkContactIds: [jane.id] });
const updated = await brevo.companies.updateACompany({ id: company.id, name: "Acme Ltd" });
seen.company = { name: updated.attributes.name, domain: updated.attributes.domain, contacts: updated.linkedContactsIds };
seen.companyAttributes = (await brevo.companies.getCompanyAttributes()).filter(attribute => attribute.internalName === "revenue").map(attribute => attribute.attributeTypeName);

const order = {
  id: "A-1", createdAt: "2026-03-01T09:00:00.000Z", updatedAt: "2026-03-01T09:00:00.000Z", status: "pending", amount: 12.5,
  products: [{ productId: "p", price: 12.5, quantity: 1 }], identifiers: { ext_id: "u1" },
};
await brevo.ecommerce.createOrder(order);
await brevo.ecommerce.createOrder({ ...order, status: "completed" });
seen.orders = (await brevo.ecommerce.getOrders()).orders.map(stored => [stored.id, stored.status]);

await brevo.contacts.deleteContact({ identifier: "a", identifierType: "ext_id" });
try {
  await brevo.contacts.getContactInfo({ identifier: "a", identifierType: "ext_id" });
} catch (error) {
  seen.gone = error.statusCode;
}

console.log(JSON.stringify(seen));
