namespace Sluice.Tests.Configuration;

/// <summary>Every kind of problem, with its exact text.</summary>
public sealed class ProblemTests
{
    [Theory]
    // Keys.
    [InlineData("sever: {}", "1:1: sever — is not a known key; did you mean server?")]
    [InlineData("server: { max-body: 1MB }", "1:11: server.max-body — is not a known key; did you mean max_body?")]
    [InlineData("server: { colour: blue }", "1:11: server.colour — is not a known key; known here: urls, data, public_url, master_key, tls, trusted_proxies or max_body")]
    [InlineData("connectors: { lists: { all_users: 15 } }", "1:15: connectors.lists — is not a known key; a key of this name belongs at connectors.mixpanel.lists; check the indentation")]
    [InlineData("server: { data: a, data: b }", "1:20: server.data — is written twice in the same block; keep one")]
    [InlineData("? [ a ]\n: 1", "1:3: holds a key whose name is not text; write a name, in quotes if it has special characters")]
    [InlineData("~: 1", "1:1: holds a key whose name is not text; write a name, in quotes if it has special characters")]
    // Kinds.
    [InlineData("- a", "1:1: is a list; accepted: a block with the keys server, storage, project, connectors, event_mapping, property_mapping, lookups, orders, companies, destinations, pull, reports or projects")]
    [InlineData("just text", "1:1: is a single value; accepted: a block with the keys server, storage, project, connectors, event_mapping, property_mapping, lookups, orders, companies, destinations, pull, reports or projects")]
    [InlineData("server: text", "1:9: server — is a single value; accepted: a block with the keys urls, data, public_url, master_key, tls, trusted_proxies or max_body")]
    [InlineData("server: { data: [ a ] }", "1:17: server.data — is a list; accepted: a path on one line")]
    [InlineData("server: { data: { a: b } }", "1:17: server.data — is a block of keys; accepted: a path on one line")]
    [InlineData("server: { urls: { a: b } }", "1:17: server.urls — is a block of keys; accepted: scheme://host:port without a path, such as http://127.0.0.1:8080; several as a list, or separated by , or ;")]
    [InlineData("server: { urls: [ [ a ] ] }", "1:19: server.urls[0] — is a list; accepted: scheme://host:port without a path, such as http://127.0.0.1:8080; several as a list, or separated by , or ;")]
    [InlineData("event_mapping: text", "1:16: event_mapping — is a single value; accepted: a block with one line for each Mixpanel event")]
    [InlineData("projects: { project: { id: a } }", "1:11: projects — is a block of keys; accepted: a list, each item a block with the keys project, connectors, event_mapping, property_mapping, lookups, orders, companies, destinations, pull or reports")]
    [InlineData("connectors: { mixpanel: { lists: { a: [ 15 ] } } }", "1:39: connectors.mixpanel.lists.a — is a list; accepted: a whole number from 1 on, in plain decimal digits; or a block with the keys list, mode or max_removal")]
    // Destinations.
    [InlineData("destinations: [ { name: Brevo, type: webhook, url: https://a.test, secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw } ]", "1:25: destinations[0].name — 'Brevo' does not have the right form; accepted: a small letter, then up to 31 small letters, digits, _ or -; not brevo or mixpanel")]
    [InlineData("destinations: [ { name: brevo, type: webhook, url: https://a.test, secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw } ]", "1:25: destinations[0].name — 'brevo' does not have the right form; accepted: a small letter, then up to 31 small letters, digits, _ or -; not brevo or mixpanel")]
    [InlineData("destinations: [ { name: a, type: fax, url: https://a.test, secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw } ]", "1:34: destinations[0].type — 'fax' is not one of the choices; accepted: webhook")]
    [InlineData("destinations: [ { name: a, type: webhook, url: http://a.test, secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw } ]", "1:48: destinations[0].url — 'http://a.test' uses http to another machine, in the clear; accepted: an https URL (http only for localhost, 127.0.0.1 or [::1]) without user, query or fragment")]
    [InlineData("destinations: [ { name: a, type: webhook, url: https://a.test, secret: hush } ]", "1:72: destinations[0].secret — the value is not whsec_ and 24 to 64 bytes in base64; accepted: a secret as text on one line, best read from the environment: ${NAME}")]
    [InlineData("destinations: [ { name: a, type: webhook, url: https://a.test, secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, rate: 0 } ]", "1:118: destinations[0].rate — '0' is out of range; accepted: a whole number from 1 to 1000, in plain decimal digits")]
    // Scalars.
    [InlineData("connectors: { mixpanel: { enabled: yes } }", "1:36: connectors.mixpanel.enabled — 'yes' is not a boolean; write true")]
    [InlineData("connectors: { mixpanel: { enabled: 'Off' } }", "1:36: connectors.mixpanel.enabled — 'Off' is not a boolean; write false")]
    [InlineData("connectors: { mixpanel: { enabled: 1 } }", "1:36: connectors.mixpanel.enabled — '1' is not a boolean; accepted: true or false")]
    [InlineData("connectors: { mixpanel: { data_residency: DE } }", "1:43: connectors.mixpanel.data_residency — 'DE' is not one of the choices; accepted: US, EU or IN")]
    [InlineData("connectors: { mixpanel: { identity: simplifed } }", "1:37: connectors.mixpanel.identity — 'simplifed' is not one of the choices; did you mean simplified? accepted: simplified, original or legacy")]
    [InlineData("storage: { engine: mysql }", "1:20: storage.engine — 'mysql' is not one of the choices; accepted: sqlite or postgres")]
    [InlineData("connectors: { mixpanel: { project_id: 0o17 } }", "1:39: connectors.mixpanel.project_id — '0o17' does not have the right form; accepted: Mixpanel's number of the project, in plain decimal digits")]
    [InlineData("connectors: { mixpanel: { project_id: 12.5 } }", "1:39: connectors.mixpanel.project_id — '12.5' does not have the right form; accepted: Mixpanel's number of the project, in plain decimal digits")]
    [InlineData("connectors: { mixpanel: { project_token: '' } }", "1:42: connectors.mixpanel.project_token — is empty; accepted: text on one line; or remove the key")]
    [InlineData("connectors: { mixpanel: { project_token: ' t' } }", "1:42: connectors.mixpanel.project_token — ' t' begins or ends with white space; accepted: text on one line")]
    [InlineData("connectors: { mixpanel: { project_token: \"a\\nb\" } }", "1:42: connectors.mixpanel.project_token — 'a\\u000ab' has a line break or another control character in it; accepted: text on one line")]
    [InlineData("server: { max_body: 32 }", "1:21: server.max_body — '32' has no unit; accepted: a size with a unit from 1KB to 1GB, such as 32MB")]
    [InlineData("server: { max_body: 32 bananas }", "1:21: server.max_body — '32 bananas' is not a size; accepted: a size with a unit from 1KB to 1GB, such as 32MB")]
    [InlineData("server: { max_body: 2GB }", "1:21: server.max_body — '2GB' is out of range; accepted: a size with a unit from 1KB to 1GB, such as 32MB")]
    [InlineData("server: { max_body: 1B }", "1:21: server.max_body — '1B' is out of range; accepted: a size with a unit from 1KB to 1GB, such as 32MB")]
    [InlineData("server: { max_body: 99999999999999999999GB }", "1:21: server.max_body — '99999999999999999999GB' is out of range; accepted: a size with a unit from 1KB to 1GB, such as 32MB")]
    [InlineData("connectors: { brevo: { api_key: k, max_removal: 1.5 } }", "1:49: connectors.brevo.max_removal — '1.5' is out of range; accepted: a number from 0 to 1, such as 0.5")]
    [InlineData("connectors: { brevo: { api_key: k, max_removal: -0.1 } }", "1:49: connectors.brevo.max_removal — '-0.1' is out of range; accepted: a number from 0 to 1, such as 0.5")]
    [InlineData("connectors: { brevo: { api_key: k, max_removal: 50% } }", "1:49: connectors.brevo.max_removal — '50%' is not a number; accepted: a number from 0 to 1, such as 0.5")]
    [InlineData("project: { timezone: Mars/Olympus }", "1:22: project.timezone — 'Mars/Olympus' is not a known time zone; accepted: an IANA name that this machine knows, such as UTC or Europe/Paris")]
    [InlineData("project: { timezone: ../../etc/passwd }", "1:22: project.timezone — '../../etc/passwd' is not a known time zone; accepted: an IANA name that this machine knows, such as UTC or Europe/Paris")]
    [InlineData("project: { id: 'my shop' }", "1:16: project.id — 'my shop' does not have the right form; accepted: a letter or digit, then up to 63 letters, digits, _ or -")]
    [InlineData("project: { id: _a }", "1:16: project.id — '_a' does not have the right form; accepted: a letter or digit, then up to 63 letters, digits, _ or -")]
    // Addresses.
    [InlineData("server: { public_url: 'http://sluice.example.com' }", "1:23: server.public_url — 'http://sluice.example.com' uses http to another machine, in the clear; accepted: an https URL (http only for localhost, 127.0.0.1 or [::1]) without user, query or fragment")]
    [InlineData("server: { public_url: sluice.example.com }", "1:23: server.public_url — 'sluice.example.com' is not an http or https URL; accepted: an https URL (http only for localhost, 127.0.0.1 or [::1]) without user, query or fragment")]
    [InlineData("server: { public_url: 'ftp://sluice.example.com' }", "1:23: server.public_url — 'ftp://sluice.example.com' is not an http or https URL; accepted: an https URL (http only for localhost, 127.0.0.1 or [::1]) without user, query or fragment")]
    [InlineData("server: { public_url: 'https://user:pw@sluice.example.com' }", "1:23: server.public_url — the value has a user, a query or a fragment in it; accepted: an https URL (http only for localhost, 127.0.0.1 or [::1]) without user, query or fragment")]
    [InlineData("server: { public_url: 'https://sluice.example.com/?a=b' }", "1:23: server.public_url — the value has a user, a query or a fragment in it; accepted: an https URL (http only for localhost, 127.0.0.1 or [::1]) without user, query or fragment")]
    [InlineData("connectors: { brevo: { api_key: k, base_url: 'http://api.brevo.com/v3' } }", "1:46: connectors.brevo.base_url — 'http://api.brevo.com/v3' uses http to another machine, in the clear; accepted: an https URL (http only for localhost, 127.0.0.1 or [::1]) without user, query or fragment")]
    [InlineData("connectors: { mixpanel: { endpoints: { query: 'http://proxy.internal' } } }", "1:47: connectors.mixpanel.endpoints.query — 'http://proxy.internal' uses http to another machine, in the clear; accepted: an https URL (http only for localhost, 127.0.0.1 or [::1]) without user, query or fragment")]
    [InlineData("server: { urls: 8080 }", "1:17: server.urls — '8080' is not an address to listen on; accepted: scheme://host:port without a path, such as http://127.0.0.1:8080; several as a list, or separated by , or ;")]
    [InlineData("server: { urls: 'http://127.0.0.1:8080/path' }", "1:17: server.urls — 'http://127.0.0.1:8080/path' is not an address to listen on; accepted: scheme://host:port without a path, such as http://127.0.0.1:8080; several as a list, or separated by , or ;")]
    [InlineData("server: { urls: 'http://127.0.0.1:70000' }", "1:17: server.urls — 'http://127.0.0.1:70000' is not an address to listen on; accepted: scheme://host:port without a path, such as http://127.0.0.1:8080; several as a list, or separated by , or ;")]
    [InlineData("server: { urls: 'http://127.1:80' }", "1:17: server.urls — 'http://127.1:80' is not an address to listen on; accepted: scheme://host:port without a path, such as http://127.0.0.1:8080; several as a list, or separated by , or ;")]
    [InlineData("server: { urls: 'http://sluice.internal:80' }", "1:17: server.urls — 'http://sluice.internal:80' is not an address to listen on; accepted: scheme://host:port without a path, such as http://127.0.0.1:8080; several as a list, or separated by , or ;")]
    [InlineData("server: { urls: 'http://localhost:0' }", "1:17: server.urls — 'http://localhost:0' is not an address to listen on; accepted: scheme://host:port without a path, such as http://127.0.0.1:8080; several as a list, or separated by , or ;")]
    [InlineData("server: { urls: [] }", "1:17: server.urls — is empty; accepted: scheme://host:port without a path, such as http://127.0.0.1:8080; several as a list, or separated by , or ;")]
    [InlineData("server: { urls: ' ; ' }", "1:17: server.urls — is empty; accepted: scheme://host:port without a path, such as http://127.0.0.1:8080; several as a list, or separated by , or ;")]
    [InlineData("server: { urls: [ 'http://127.0.0.1:1', ~ ] }", "1:41: server.urls[1] — is empty; accepted: scheme://host:port without a path, such as http://127.0.0.1:8080; several as a list, or separated by , or ;")]
    [InlineData("server: { urls: 'http://127.0.0.1:1;http://127.0.0.1:1/' }", "1:17: server.urls — 'http://127.0.0.1:1' is listed twice; keep one")]
    [InlineData("server: { urls: 'http://0.0.0.0:8080' }", "1:17: server.urls — 'http://0.0.0.0:8080' can be reached from other machines without TLS; use 127.0.0.1, [::1] or localhost; or an https address with server.tls; or name the proxy that ends TLS in server.trusted_proxies")]
    [InlineData("server: { urls: 'https://127.0.0.1:8443' }", "1:17: server.urls — 'https://127.0.0.1:8443' is https without a certificate; set server.tls.certificate and server.tls.key")]
    [InlineData("server: { trusted_proxies: [ 10.0.0.1/8 ] }", "1:30: server.trusted_proxies[0] — '10.0.0.1/8' has bits set behind its prefix; accepted: IP addresses or CIDR blocks, such as 10.0.0.5 or 10.0.0.0/8")]
    [InlineData("server: { trusted_proxies: [ 10.1 ] }", "1:30: server.trusted_proxies[0] — '10.1' is not an IP address or CIDR block; accepted: IP addresses or CIDR blocks, such as 10.0.0.5 or 10.0.0.0/8")]
    [InlineData("server: { trusted_proxies: [ proxy.internal ] }", "1:30: server.trusted_proxies[0] — 'proxy.internal' is not an IP address or CIDR block; accepted: IP addresses or CIDR blocks, such as 10.0.0.5 or 10.0.0.0/8")]
    [InlineData("server: { trusted_proxies: '::/0' }", "1:28: warning: server.trusted_proxies — trusts every address, so that anybody can claim to be anybody; list the proxies alone")]
    // TLS files.
    [InlineData("server: { tls: { certificate: /nowhere/tls.crt } }", "1:16: server.tls.key — is required; accepted: the path of a PEM file with the certificate's private key\n1:31: server.tls.certificate — names a file that does not exist; accepted: the path of a PEM file with the certificate chain")]
    [InlineData("server: { urls: 'https://127.0.0.1:1', tls: { certificate: /nowhere/tls.crt, key: /nowhere/tls.key } }", "1:60: server.tls.certificate — names a file that does not exist; accepted: the path of a PEM file with the certificate chain\n1:83: server.tls.key — names a file that does not exist; accepted: the path of a PEM file with the certificate's private key")]
    [InlineData("server: { urls: 'https://127.0.0.1:1', tls: { certificate: /, key: / } }", "1:60: server.tls.certificate — names a file that cannot be read; name a file that the user running Sluice may read\n1:68: server.tls.key — names a file that cannot be read; name a file that the user running Sluice may read")]
    // Storage.
    [InlineData("storage: { engine: postgres }", "1:1: server.master_key — is required with postgres; set the same long random text on every node, best read from the environment: ${SLUICE_MASTER_KEY}\n1:10: storage.connection — is required with postgres; accepted: an Npgsql connection string with a host, such as Host=db;Database=sluice;Username=sluice;Password=${PGPASSWORD}")]
    [InlineData("storage: { engine: postgres, connection: 'Hostess=db' }\nserver: { master_key: 0123456789abcdef }", "1:42: storage.connection — the value is not a connection string for PostgreSQL; accepted: an Npgsql connection string with a host, such as Host=db;Database=sluice;Username=sluice;Password=${PGPASSWORD}")]
    [InlineData("storage: { engine: postgres, connection: 'Database=db' }\nserver: { master_key: 0123456789abcdef }", "1:42: storage.connection — the value is not a connection string for PostgreSQL; accepted: an Npgsql connection string with a host, such as Host=db;Database=sluice;Username=sluice;Password=${PGPASSWORD}")]
    [InlineData("storage: { connection: 'Host=db' }", "1:24: warning: storage.connection — is not used with sqlite; remove it, or set storage.engine to postgres")]
    // Projects.
    [InlineData("projects: []", "1:11: projects — is empty; write at least one item, or remove the key")]
    [InlineData("projects:", "1:10: projects — is empty; write at least one item, or remove the key")]
    [InlineData("projects: [ ~ ]", "1:13: projects[0] — is empty; accepted: a block with the keys project, connectors, event_mapping, property_mapping, lookups, orders, companies, destinations, pull or reports")]
    [InlineData("projects: [ a ]", "1:13: projects[0] — is a single value; accepted: a block with the keys project, connectors, event_mapping, property_mapping, lookups, orders, companies, destinations, pull or reports")]
    [InlineData("projects: [ { project: { id: a } } ]\nproject: { id: b }\nconnectors: {}\nevent_mapping: {}\nproperty_mapping: {}", "2:10: project — stands at the root beside projects; move it into an entry of projects, or remove projects\n3:13: connectors — stands at the root beside projects; move it into an entry of projects, or remove projects\n4:16: event_mapping — stands at the root beside projects; move it into an entry of projects, or remove projects\n5:19: property_mapping — stands at the root beside projects; move it into an entry of projects, or remove projects")]
    [InlineData("projects: [ { project: { id: a } }, { project: { id: A } } ]", "1:54: projects[1].project.id — is the same as projects[0].project.id; give each project an id of its own")]
    [InlineData("projects: [ {}, {} ]", "1:17: projects[1].project.id — is the same as projects[0].project.id; give each project an id of its own")]
    [InlineData("projects: [ { project: { id: a, access_key: k } }, { project: { id: b, access_key: k } } ]", "1:84: projects[1].project.access_key — is the same as projects[0].project.access_key; give each project an access key of its own")]
    [InlineData("project: { access_key: 'a:b' }", "1:24: project.access_key — the value has a colon in it, which HTTP Basic does not allow in a user name; accepted: a secret as text on one line, best read from the environment: ${NAME}")]
    [InlineData("projects: [ { project: { id: a }, connectors: { mixpanel: { project_id: 1, project_token: t } } }, { project: { id: b }, connectors: { mixpanel: { project_id: 1, project_token: t } } } ]", "1:160: projects[1].connectors.mixpanel.project_id — is the same as projects[0].connectors.mixpanel.project_id; keep one project for each Mixpanel project\n1:178: projects[1].connectors.mixpanel.project_token — is the same as projects[0].connectors.mixpanel.project_token; keep one project for each Mixpanel project")]
    // Connectors.
    [InlineData("connectors: { mixpanel: { service_account: { username: u } } }", "1:25: connectors.mixpanel.project_id — is required with service_account; accepted: Mixpanel's number of the project, in plain decimal digits\n1:44: connectors.mixpanel.service_account.secret — is required; accepted: a secret as text on one line, best read from the environment: ${NAME}")]
    [InlineData("projects: [ { project: { id: a }, connectors: { mixpanel: { project_id: 1, oauth: { client_id: c, refresh_token: r } } } }, { project: { id: b }, connectors: { mixpanel: { project_id: 2, oauth: { client_id: c, client_secret: s, refresh_token: r } } } } ]", "1:244: projects[1].connectors.mixpanel.oauth.refresh_token — is the same as projects[0].connectors.mixpanel.oauth.refresh_token; authorise once for each project: a refresh token works once")]
    [InlineData("connectors: { mixpanel: { project_id: 1, service_account: { username: u, secret: s }, oauth_token: o } }", "1:100: connectors.mixpanel.oauth_token — is set beside service_account; keep one of the two")]
    [InlineData("connectors: { mixpanel: { project_id: 1, oauth_token: o, oauth: { client_id: c, refresh_token: r } } }", "1:65: connectors.mixpanel.oauth — is set beside oauth_token; keep one of the two")]
    [InlineData("connectors: { mixpanel: { oauth: { client_id: c, refresh_token: r } } }", "1:25: connectors.mixpanel.project_id — is required with oauth; accepted: Mixpanel's number of the project, in plain decimal digits")]
    [InlineData("connectors: { mixpanel: { project_id: 1, oauth: { client_id: c } } }", "1:49: connectors.mixpanel.oauth.refresh_token — is required; accepted: a secret as text on one line, best read from the environment: ${NAME}")]
    [InlineData("connectors: { mixpanel: { gdpr_token: t } }", "1:25: connectors.mixpanel.project_token — is required with gdpr_token; accepted: text on one line")]
    [InlineData("connectors: { mixpanel: { forward: true } }", "1:25: connectors.mixpanel.project_token — is required with forward; accepted: text on one line")]
    [InlineData("connectors: { mixpanel: { project_id: 1 }, brevo: { api_key: k, campaign_events: true } }", "1:25: connectors.mixpanel.project_token — is required with connectors.brevo.campaign_events; accepted: text on one line")]
    [InlineData("connectors: { mixpanel: { project_token: t, sync: { cohorts: false, events: false } }, brevo: { api_key: k, campaign_events: true } }", "1:77: connectors.mixpanel.sync.events — is false beside sync.cohorts, and connectors.brevo.campaign_events needs one of the two; let cohorts or events travel, or remove campaign_events")]
    [InlineData("connectors: { brevo: { api_key: k, campaign_events: maybe } }", "1:53: connectors.brevo.campaign_events — 'maybe' is not a boolean; accepted: true or false")]
    // Lists.
    [InlineData("connectors: { mixpanel: { lists: { a: fifteen } } }", "1:39: connectors.mixpanel.lists.a — 'fifteen' is not a whole number; accepted: a whole number from 1 on, in plain decimal digits")]
    [InlineData("connectors: { mixpanel: { lists: { a: 0 } } }", "1:39: connectors.mixpanel.lists.a — '0' is out of range; accepted: a whole number from 1 on, in plain decimal digits")]
    [InlineData("connectors: { mixpanel: { lists: { a: 015 } } }", "1:39: connectors.mixpanel.lists.a — '015' is not a whole number; accepted: a whole number from 1 on, in plain decimal digits")]
    [InlineData("connectors: { mixpanel: { lists: { a: 0o17 } } }", "1:39: connectors.mixpanel.lists.a — '0o17' is not a whole number; accepted: a whole number from 1 on, in plain decimal digits")]
    [InlineData("connectors: { mixpanel: { lists: { a: 99999999999999999999 } } }", "1:39: connectors.mixpanel.lists.a — '99999999999999999999' is out of range; accepted: a whole number from 1 on, in plain decimal digits")]
    [InlineData("connectors: { mixpanel: { lists: { a: } } }", "1:36: connectors.mixpanel.lists.a — has no value; accepted: a whole number from 1 on, in plain decimal digits; or a block with the keys list, mode or max_removal")]
    [InlineData("connectors: { mixpanel: { lists: { a: { mode: add } } } }", "1:39: connectors.mixpanel.lists.a.list — is required; accepted: a whole number from 1 on, in plain decimal digits")]
    [InlineData("connectors: { mixpanel: { lists: { a: { list: 1, mode: replace, max_removal: 2, colour: red } } } }", "1:56: connectors.mixpanel.lists.a.mode — 'replace' is not one of the choices; accepted: mirror, exclusive, add, remove or update\n1:78: connectors.mixpanel.lists.a.max_removal — '2' is out of range; accepted: a number from 0 to 1, such as 0.5\n1:81: connectors.mixpanel.lists.a.colour — is not a known key; known here: list, mode or max_removal")]
    [InlineData("connectors: { mixpanel: { lists: { 017: 1, 0: 2, 99999999999999999999: 3 } } }", "1:36: connectors.mixpanel.lists.017 — is not a cohort id; accepted: all_users, a Mixpanel cohort id in plain decimal digits, or the name or slug of a user group or audience\n1:44: connectors.mixpanel.lists.0 — is not a cohort id; accepted: all_users, a Mixpanel cohort id in plain decimal digits, or the name or slug of a user group or audience\n1:50: connectors.mixpanel.lists.99999999999999999999 — is not a cohort id; accepted: all_users, a Mixpanel cohort id in plain decimal digits, or the name or slug of a user group or audience")]
    [InlineData("connectors: { mixpanel: { lists: { '': 1, ' a': 2, \"b\\nc\": 3 } } }", "1:36: connectors.mixpanel.lists[''] — has an empty name; accepted: all_users, a Mixpanel cohort id in plain decimal digits, or the name or slug of a user group or audience\n1:43: connectors.mixpanel.lists[' a'] — has a name that begins or ends with white space; accepted: all_users, a Mixpanel cohort id in plain decimal digits, or the name or slug of a user group or audience\n1:52: connectors.mixpanel.lists['b\\u000ac'] — has a name that has a line break or another control character in it; accepted: all_users, a Mixpanel cohort id in plain decimal digits, or the name or slug of a user group or audience")]
    [InlineData("connectors: { mixpanel: { lists: { a: 1, a: 2, 77: 3, '77': 4 } } }", "1:42: connectors.mixpanel.lists.a — is written twice in the same block; keep one\n1:55: connectors.mixpanel.lists.77 — is written twice in the same block; keep one")]
    [InlineData("connectors: { mixpanel: { lists: { a: 1, b: { list: 1, mode: exclusive } } } }", "1:45: connectors.mixpanel.lists.b — gives list 1 the mode exclusive, but connectors.mixpanel.lists.a gives it mirror; give a list one mode, whatever fills it")]
    [InlineData("connectors: { mixpanel: { lists: { a: 1, b: { list: 1, max_removal: 0.1 } } } }", "1:45: connectors.mixpanel.lists.b — gives list 1 another max_removal than connectors.mixpanel.lists.a; write the same max_removal on each line, or on none")]
    [InlineData("projects: [ { project: { id: a }, connectors: &c { brevo: { api_key: k }, mixpanel: { lists: { all_users: 1 } } } }, { project: { id: b }, connectors: *c } ]", "1:107: projects[1].connectors.mixpanel.lists.all_users — fills list 1, which projects[0].connectors.mixpanel.lists.all_users in another project fills already; use another list, or another Brevo account: a list belongs to one project")]
    // Mappings.
    [InlineData("event_mapping: { Purchase: }", "1:18: event_mapping.Purchase — has no value; accepted: a Brevo event name: 1 to 255 letters, digits, _ or - (or, for the event *, the name *)")]
    [InlineData("event_mapping: { Purchase: 'order completed' }", "1:28: event_mapping.Purchase — 'order completed' does not have the right form; accepted: a Brevo event name: 1 to 255 letters, digits, _ or - (or, for the event *, the name *)")]
    [InlineData("event_mapping: { '*': everything }", "1:23: event_mapping.* — gives all other events one name; the line \"*\": \"*\" sends all other events under their own name; any other event needs a name")]
    [InlineData("event_mapping: { Purchase: '*' }", "1:28: event_mapping.Purchase — has * for a name; the line \"*\": \"*\" sends all other events under their own name; any other event needs a name")]
    [InlineData("event_mapping: { '': a, \"b\\nc\": d }", "1:18: event_mapping[''] — has a name that is empty; write the name as Mixpanel has it\n1:25: event_mapping['b\\u000ac'] — has a name that has a line break or another control character in it; write the name as Mixpanel has it")]
    [InlineData("event_mapping:", "1:15: warning: event_mapping — is there without a line, so that no event is sent; add events, or remove the key to send every event under its own name")]
    [InlineData("property_mapping: { $email: email, plan: plan-type }", "1:42: property_mapping.plan — 'plan-type' does not have the right form; accepted: email, SMS, or an attribute name: a letter, then up to 49 letters, digits or _")]
    [InlineData("property_mapping: { $email: email, id: ext_id, seen: ADDED_TIME }", "1:40: property_mapping.id — goes to EXT_ID, which Sluice fills with the person's id itself; name another attribute\n1:54: property_mapping.seen — goes to ADDED_TIME, which Brevo fills itself; name another attribute")]
    [InlineData("property_mapping: { $email: email, plan: Plan_Type }", "1:42: warning: property_mapping.plan — is taken as PLAN_TYPE, because Brevo's attributes are in upper case; write PLAN_TYPE")]
    [InlineData("property_mapping: { $email: email, a: LTV, b: ltv }", "1:47: property_mapping.b — goes to LTV, where 'a' goes already; map one property to each target\n1:47: warning: property_mapping.b — is taken as LTV, because Brevo's attributes are in upper case; write LTV")]
    [InlineData("property_mapping: { $email: email, mail: EMAIL }", "1:42: property_mapping.mail — goes to EMAIL, where '$email' goes already; map one property to each target")]
    [InlineData("property_mapping: { $email: { attribute: email, type: text }, $phone: { attribute: SMS, type: text } }", "1:55: property_mapping.$email.type — gives EMAIL a type, which is Brevo's own; remove the type\n1:95: property_mapping.$phone.type — gives SMS a type, which is Brevo's own; remove the type")]
    [InlineData("property_mapping: { $email: email, a: { type: float } }", "1:39: property_mapping.a.attribute — is required; accepted: email, SMS, or an attribute name: a letter, then up to 49 letters, digits or _")]
    [InlineData("property_mapping: { $email: email, a: { attribute: LTV, type: number } }", "1:63: property_mapping.a.type — 'number' is not one of the choices; accepted: text, float, date, boolean, category or multiple-choice")]
    [InlineData("property_mapping: { $email: email, 'user_group:vip': VIP }", "1:36: property_mapping.user_group:vip — does not name a cohort; accepted: user_group: and a Mixpanel cohort id in plain decimal digits, such as user_group:7700123")]
    [InlineData("property_mapping: { $email: email, user_groups: { attribute: A, type: float }, 'user_group:7': { attribute: B, type: date } }", "1:71: property_mapping.user_groups.type — does not fit the property; accepted: text or multiple-choice, for a list of ids\n1:118: property_mapping.user_group:7.type — does not fit the property; accepted: text or boolean, for true or false")]
    [InlineData("property_mapping: { $email: email, 'group:company': COMPANY }", "1:36: property_mapping.group:company — does not name a property of a group; accepted: group:, the group key, a dot and the property, such as group:company_id.plan")]
    [InlineData("property_mapping: { $email: email, 'group:company.phone': SMS }", "1:59: property_mapping['group:company.phone'] — goes from a group to SMS, which would be the same for all its members; name another attribute")]
    // Lookup tables and orders.
    [InlineData("lookups: { table: T }", "1:10: lookups — is a block of keys; accepted: a list, each item a block with the keys table, join, columns or for")]
    [InlineData("lookups: [ { table: T, columns: [ a ] } ]", "1:12: lookups[0].join — is required; accepted: text on one line")]
    [InlineData("lookups: [ { table: T, join: sku, columns: { } } ]", "1:44: lookups[0].columns — is empty; accepted: a list of columns, or a block with one line for each column")]
    [InlineData("lookups: [ { table: T, join: sku, columns: { mail: $email } } ]", "1:52: lookups[0].columns.mail — adds $email, which only a person's own profile gives; name another property")]
    [InlineData("lookups: [ { table: T, join: sku, columns: [ a, a ], for: people } ]", "1:49: lookups[0].columns[1] — adds 'a' twice; name each property once\n1:59: lookups[0].for — 'people' is not one of the choices; accepted: both, events or profiles")]
    [InlineData("orders: { Purchase: { amount: revenue } }", "1:21: orders.Purchase.id — is required; accepted: the name of an event property, on one line")]
    [InlineData("orders: { '*': { id: a, amount: b } }", "1:11: orders.* — makes orders of all events; name the events that are orders")]
    [InlineData("orders: { Purchase: { id: a, amount: b, status: x, status_property: y } }", "1:69: orders.Purchase.status_property — stands beside status; keep one of status and status_property")]
    [InlineData("orders: { Purchase: { id: a, amount: b, products: { id: sku } } }", "1:51: orders.Purchase.products.list — is required; accepted: the name of an event property, on one line")]
    [InlineData("companies: { attributes: { $name: name } }", "1:12: companies.group_key — is required; accepted: a group key of Mixpanel, on one line\n1:12: warning: companies — has no effect while connectors.mixpanel.sync.groups is false; set it to true, or remove companies")]
    [InlineData("connectors: { mixpanel: { sync: { groups: true } } }\ncompanies: { group_key: company, attributes: { a: domain, b: domain, c: phone_number, d: Domain } }", "2:62: companies.attributes.b — goes to domain, where 'a' goes already; map one property to each attribute\n2:73: companies.attributes.c — goes to phone_number, which Brevo takes only with a country code of its own; name another attribute\n2:90: companies.attributes.d — 'Domain' does not have the right form; accepted: the internal name of a company attribute: a lower-case letter, then up to 49 lower-case letters, digits or _")]
    [InlineData("connectors: { mixpanel: { sync: { groups: true } } }", "1:43: warning: connectors.mixpanel.sync.groups — has no effect without companies; say in companies which groups they are, or set it to false")]
    [InlineData("event_mapping: { Purchase: order_completed }\norders: { Purchase: { id: a, amount: b } }", "2:11: warning: orders.Purchase — goes as an order, so that its line in event_mapping has no effect; remove one of the two lines")]
    [InlineData("property_mapping: { plan: PLAN }", "1:19: warning: property_mapping — maps nothing to email or SMS, so that nobody can be contacted; add a line such as $email: email")]
    [InlineData("connectors: { brevo: { api_key: k, on_unknown: drop } }", "1:48: connectors.brevo.on_unknown — 'drop' is not one of the choices; accepted: skip or resend")]
    // Known, not used.
    [InlineData("alerts: { every: 1h }\nserver: { query_budget: 60 }", "1:1: warning: alerts — is not used by this version; remove it, or leave it for a later version\n2:11: warning: server.query_budget — is not used by this version; remove it, or leave it for a later version")]
    [InlineData("projects: [ { project: { id: a }, audiences: [] } ]", "1:35: warning: projects[0].audiences — is not used by this version; remove it, or leave it for a later version")]
    [InlineData("server: { master_key: short }", "1:23: warning: server.master_key — is shorter than 16 characters; use a long random text, such as the output of: openssl rand -base64 32")]
    public void Each_says_where_what_and_what_is_accepted(string yaml, string findings) => Assert.Equal(findings, Given.Findings(yaml));

    [Theory]
    [InlineData("server: { data: a", "2:1: not valid YAML: while parsing a flow mapping, did not find expected ',' or '}'; correct the syntax at this place; text with special characters needs quotes, and so does ${NAME} inside { } or [ ]")]
    [InlineData("server:\n\tdata: a", "2:1: not valid YAML: while scanning a mapping, found invalid tab as indentation; correct the syntax at this place; text with special characters needs quotes, and so does ${NAME} inside { } or [ ]")]
    [InlineData("server: 'a", "1:9: not valid YAML: while scanning a quoted scalar, found unexpected end of stream; correct the syntax at this place; text with special characters needs quotes, and so does ${NAME} inside { } or [ ]")]
    [InlineData("a: 1\n---\nb: 2", "2:1: a second YAML document begins here; keep one document in the file")]
    [InlineData("connectors: { brevo: { api_key: *secret } }", "1:33: an alias names an anchor that is not defined before it; define the anchor first, or put the value in quotes if it only begins with *")]
    [InlineData("connectors: &c { brevo: *c }", "1:25: an alias stands inside the very node it names; remove the alias")]
    [InlineData("connectors: { brevo: { api_key: !secret } }", "1:33: a YAML tag that Sluice does not know; remove the tag, or put the value in quotes if it only begins with !")]
    [InlineData("connectors: { brevo: { api_key: !!binary c2VjcmV0 } }", "1:33: a YAML tag that Sluice does not know; remove the tag, or put the value in quotes if it only begins with !")]
    [InlineData("server: { data: a\0b }", "1:18: the control character U+0000; remove it; inside double quotes it may be written as an escape")]
    [InlineData("%YAML 9999999999999999999999.1\n---\na: 1", "1:1: not valid YAML: while scanning a %YAML directive, found extremely long version number; correct the syntax at this place; text with special characters needs quotes, and so does ${NAME} inside { } or [ ]")]
    [InlineData("server: { <<: [ a ] }", "1:11: server['<<'] — merges something that is not a block, or merges too deeply; name the anchor of a block: <<: *name")]
    public void Text_that_is_not_one_yaml_document_is_one_problem(string yaml, string finding) => Assert.Equal(finding, Given.Findings(yaml));

    [Fact]
    public void All_are_reported_at_once_in_the_order_of_the_file() =>
        Assert.Equal(
            """
            2:3: server.master_key — is required with postgres; set the same long random text on every node, best read from the environment: ${SLUICE_MASTER_KEY}
            2:9: server.urls — 'http://0.0.0.0:8080' can be reached from other machines without TLS; use 127.0.0.1, [::1] or localhost; or an https address with server.tls; or name the proxy that ends TLS in server.trusted_proxies
            3:13: server.max_body — '32' has no unit; accepted: a size with a unit from 1KB to 1GB, such as 32MB
            5:3: storage.connection — is required with postgres; accepted: an Npgsql connection string with a host, such as Host=db;Database=sluice;Username=sluice;Password=${PGPASSWORD}
            7:7: project.id — 'my shop' does not have the right form; accepted: a letter or digit, then up to 63 letters, digits, _ or -
            8:13: project.timezone — 'Mars/Olympus' is not a known time zone; accepted: an IANA name that this machine knows, such as UTC or Europe/Paris
            9:1: conectors — is not a known key; did you mean connectors?
            12:14: connectors.mixpanel.enabled — 'yes' is not a boolean; write true
            14:18: connectors.mixpanel.lists.all_users — 'fifteen' is not a whole number; accepted: a whole number from 1 on, in plain decimal digits
            15:34: connectors.mixpanel.lists.at_risk.mode — 'mirorr' is not one of the choices; did you mean mirror? accepted: mirror, exclusive, add, remove or update
            16:13: connectors.mixpanel.sync.event — is not a known key; did you mean events?
            18:18: connectors.brevo.max_removal — '2' is out of range; accepted: a number from 0 to 1, such as 0.5
            19:15: connectors.brevo.base_url — reads the environment variable BASE, which is not set; set BASE, or remove the key
            21:13: event_mapping.Purchase — 'order completed' does not have the right form; accepted: a Brevo event name: 1 to 255 letters, digits, _ or - (or, for the event *, the name *)
            22:3: event_mapping.Purchase — is written twice in the same block; keep one
            24:11: property_mapping.$email — goes to EXT_ID, which Sluice fills with the person's id itself; name another attribute
            """,
            Given.Findings(
                """
                server:
                  urls: http://0.0.0.0:8080
                  max_body: 32
                storage:
                  engine: postgres
                project:
                  id: my shop
                  timezone: Mars/Olympus
                conectors: {}
                connectors:
                  mixpanel:
                    enabled: yes
                    lists:
                      all_users: fifteen
                      at_risk: { list: 17, mode: mirorr }
                    sync: { event: true }
                  brevo:
                    max_removal: 2
                    base_url: ${BASE}
                event_mapping:
                  Purchase: order completed
                  Purchase: order_completed
                property_mapping:
                  $email: EXT_ID
                """));
}
