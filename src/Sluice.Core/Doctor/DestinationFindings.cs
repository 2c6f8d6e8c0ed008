using static Sluice.Core.Doctor.FindingSeverity;

namespace Sluice.Core.Doctor;

/// <content>Brevo's side.</content>
public static partial class FindingCatalogue
{
    public static readonly FindingKind DestinationNotConnected = new(
        "brevo_not_connected", Note, "Nothing reaches Brevo.",
        "The project has no Brevo key: Sluice receives and keeps.", "Set `connectors.brevo.api_key`, if you want lists and contacts in Brevo.");

    public static readonly FindingKind DestinationUnreachable = new(
        "brevo_unreachable", Error, "Lists and contacts do not change.",
        "This machine does not reach Brevo's API, or Brevo does not answer.", "Allow HTTPS from here to the host that is named, or correct `connectors.brevo.base_url`.");

    public static readonly FindingKind DestinationKey = new(
        "brevo_key", Error, "Brevo answers 401, and delivery is paused.",
        "The API key is wrong, was revoked, or belongs to another kind of access.", "Make an API key in Brevo (SMTP & API) and put it into `connectors.brevo.api_key`.");

    public static readonly FindingKind DestinationAddress = new(
        "brevo_ip", Error, "Brevo answers 401 and speaks of an unrecognised IP address, often after weeks of working.",
        "The account takes calls from certain IP addresses only, and this machine's is not among them.",
        "Add the machine's public address in Brevo (Security, Authorised IPs), or switch the check off there.");

    public static readonly FindingKind DestinationRefuses = new(
        "brevo_refuses", Error, "Brevo refuses calls although the key is right.",
        "Plan, credits or permissions do not cover them, or Brevo still reviews the account.", "Look into the account in Brevo; its message is named.");

    public static readonly FindingKind DestinationBudget = new(
        "brevo_budget", Warning, "Changes reach Brevo late.",
        "A budget of Brevo's is used up for now.", "Nothing: work goes on when it returns. If it happens often, a larger Brevo plan has larger limits.");

    public static readonly FindingKind AttributeMissing = new(
        "brevo_attribute_missing", Note, "An attribute is empty in Brevo.",
        "`property_mapping` names an attribute that the account does not have yet.", "Nothing: Sluice creates it before it sends the first value. To choose its type, give `type` in the mapping.");

    public static readonly FindingKind AttributeWrong = new(
        "brevo_attribute_wrong", Error, "An attribute is never filled.",
        "A line of `property_mapping` cannot work: the attribute has another type than the mapping says, cannot be written, or its name is not allowed.",
        "Change the line, or delete the attribute in Brevo and let Sluice create it.");

    public static readonly FindingKind ListMissing = new(
        "brevo_list_missing", Error, "Nobody is added to a list.",
        "The config names a list that the Brevo account does not have.", "Correct its number in `connectors.mixpanel.lists`: Brevo shows it under Contacts, Lists.");

    public static readonly FindingKind WebhookMissing = new(
        "brevo_webhook_missing", Warning, "Unsubscribes in Brevo arrive minutes later.",
        "Brevo has no webhook to this Sluice, or it lacks events. Sluice makes it when it checks the account.",
        "Start `sluice serve` with `server.public_url`; if it stays away, see whether the Brevo plan has webhooks.");
}
