using static Sluice.Core.Doctor.FindingSeverity;

namespace Sluice.Core.Doctor;

/// <content>Mixpanel's side.</content>
public static partial class FindingCatalogue
{
    public static readonly FindingKind SourceNotConnected = new(
        "mixpanel_not_connected", Note, "Queries through Sluice are answered with 400, and nothing can be pulled.",
        "The project has no credentials for Mixpanel's APIs, or the connector is switched off. Receiving needs none.",
        "Set `connectors.mixpanel.service_account` and `project_id`, if you want to query or pull.");

    public static readonly FindingKind SourceUnreachable = new(
        "mixpanel_unreachable", Error, "Nothing is pulled or passed on, and queries are answered with 503.",
        "This machine does not reach a host of Mixpanel's: DNS, firewall, proxy or certificate.",
        "Allow HTTPS from here to the host that is named, or correct `connectors.mixpanel.endpoints`.");

    public static readonly FindingKind SourceCredentials = new(
        "mixpanel_credentials", Error, "Mixpanel answers 401, or does not renew the OAuth tokens.",
        "The service account or secret is wrong, has expired, or was deleted; the OAuth authorisation has ended; a project token opens no query.",
        "Make a new service account in Mixpanel (organisation settings) and put its name and secret into `connectors.mixpanel.service_account`. "
        + "With `oauth`, authorise again and give its new refresh token, where the old one was given.");

    public static readonly FindingKind SourceResidency = new(
        "mixpanel_residency", Error, "Mixpanel answers 401 although the credentials are right, or data that was sent never shows.",
        "The project lies in another data residency than `data_residency` says: each has hosts of its own.",
        "Set `connectors.mixpanel.data_residency` to the one that is named.");

    public static readonly FindingKind SourcePlan = new(
        "mixpanel_plan", Error, "Mixpanel answers 402 to every query.",
        "The Mixpanel plan does not include the query API.", "Upgrade the plan. What Mixpanel or its SDKs send to Sluice needs no query.");

    public static readonly FindingKind SourceRole = new(
        "mixpanel_role", Error, "Mixpanel answers 403, or refuses what is passed on.",
        "The service account's role does not allow it: queries need a role in the project, `/import` needs Owner or Admin.",
        "Give the service account that role in Mixpanel's project settings.");

    public static readonly FindingKind SourceProject = new(
        "mixpanel_project", Error, "Queries answer for another project, or not at all.",
        "The credentials do not open the project that `connectors.mixpanel.project_id` names.",
        "Correct the number (Mixpanel: project settings), or add the service account to that project.");

    public static readonly FindingKind SourceBudget = new(
        "mixpanel_budget", Warning, "Queries are answered with 429, and pulls wait.",
        "The project's 60 queries an hour are used up, by Sluice or by other programs with the same project.",
        "Wait until the time that is named. Ask fewer reports, pull less often, or stop the other program.");

    public static readonly FindingKind SourceAnswer = new(
        "mixpanel_answer", Warning, "Mixpanel answers a simple query with an unexpected status.",
        "Mixpanel has trouble, or a proxy answers in its place.", "Look at Mixpanel's status page and at `connectors.mixpanel.endpoints`, and run the doctor again.");

    public static readonly FindingKind SourceToken = new(
        "mixpanel_token", Error, "What is passed on never shows in Mixpanel.",
        "The ingestion API does not know the project's token, in no data residency: it is mistyped, or its project was deleted.",
        "Copy the token from Mixpanel's project settings into `connectors.mixpanel.project_token`.");

    public static readonly FindingKind EventsRepeated = new(
        "events_repeated", Warning, "An event is there twice, and once in Mixpanel's reports.",
        "Events of one day have the same name, distinct id and `$insert_id` and differ in their time: who sent them again gave them a new time. "
        + "Sluice keeps both; Mixpanel makes one of them, some hours later.",
        "Let the sender keep an event's time when it sends it again, and give each event an `$insert_id` of its own.");

    public static readonly FindingKind EventsWithoutInsertId = new(
        "events_without_insert_id", Warning, "Events are there twice.",
        "Recent events carry no `$insert_id`: when their sender repeats a request, nothing tells the copy.",
        "Send each event with an `$insert_id` of its own; current Mixpanel SDKs do that.");

    public static readonly FindingKind IdentityModeDiffers = new(
        "identity_mode", Warning, "One human is several people, or several are one.",
        "`connectors.mixpanel.identity` does not fit what the clients send: the project merges ids in another way.",
        "Look under Identity Merge in Mixpanel's project settings and set `identity` to that.");

    public static readonly FindingKind CohortsOfOtherProject = new(
        "cohorts_of_other_project", Warning, "User groups hold strangers.",
        "Cohort pages come from another Mixpanel project than `connectors.mixpanel.project_id` names.",
        "Correct `project_id`, or disconnect the webhook in that other project.");

    public static readonly FindingKind CohortQuiet = new(
        "cohort_quiet", Warning, "A user group and its list no longer change.",
        "Mixpanel's recurring sync of the cohort has sent nothing for two hours: it was paused after an error, or disconnected.",
        "Open the cohort's sync in Mixpanel (Data, Destinations), read its error, and reconnect it.");

    public static readonly FindingKind CohortSlots = new(
        "cohort_slots", Warning, "Mixpanel refuses one more recurring sync.",
        "A Mixpanel project has 60 recurring cohort syncs, all destinations together.",
        "Disconnect syncs that nobody needs, or let Sluice pull further cohorts.");

    public static readonly FindingKind ListWaits = new(
        "list_waits", Warning, "A list stays empty.",
        "Its key in `connectors.mixpanel.lists` is no id, name or slug of a cohort that has arrived.",
        "Sync the cohort in Mixpanel, or correct the key. `sluice cohorts list` shows what is there.");

    public static readonly FindingKind PullLate = new(
        "pull_late", Warning, "Pulled data is old.",
        "A job is due and has not begun: Sluice does not run, or the query budget is used up.",
        "See that `sluice serve` runs; its log names what is in the way.");

    public static readonly FindingKind LettersWait = new(
        "dead_letters", Warning, "Some records or people are missing.",
        "Records were refused for good and wait for a person.", "`sluice dead-letters list` shows them with their reasons; then `retry` or `drop` them.");
}
