using System.Reflection;
using static Sluice.Core.Doctor.FindingSeverity;

namespace Sluice.Core.Doctor;

/// <summary>Everything that the doctor can find. The page of troubleshooting is written from it.</summary>
public static partial class FindingCatalogue
{
    public static readonly FindingKind ConfigInvalid = new(
        "config_invalid", Error, "Sluice does not start.",
        "The config file is missing or has a mistake.", "Correct the key that is named. `sluice config check` shows all of them with their places.");

    public static readonly FindingKind ConfigDoubtful = new(
        "config_doubtful", Warning, "A setting does nothing.",
        "The config file has a key that this version passes over, or a value that may not be what was meant.", "Remove or correct the key that is named.");

    public static readonly FindingKind StoreMissing = new(
        "store_missing", Note, "Commands find no data.",
        "Nothing has been stored yet: the store is made by the first start.", "Start `sluice serve`; if the data are elsewhere, correct `server.data`.");

    public static readonly FindingKind StoreUnreachable = new(
        "store_unreachable", Error, "Requests are answered with 503, and nothing is delivered.",
        "The store cannot be opened: the database does not run, cannot be reached, refuses the login, or the disk is full or read-only.",
        "Look at the database server and at the disk, then correct `storage.connection` or `server.data`.");

    public static readonly FindingKind StoreOlder = new(
        "store_older", Note, "The data, and what needs the store, were not looked at.",
        "The store was written by an older version of Sluice, and the doctor changes nothing.", "Start `sluice serve`, which brings the store to the newest shape, and run the doctor again.");

    public static readonly FindingKind StoreNewer = new(
        "store_newer", Error, "Sluice does not start after a change of version.",
        "The store was written by a newer version of Sluice.", "Start that version again, or one newer than it. A store never goes back.");

    public static readonly FindingKind MasterKeyWrong = new(
        "master_key_wrong", Error, "Sluice does not start, and says that the master key is another one.",
        "`server.master_key`, or `master.key` in the data folder, is not the key with which the store was made.",
        "Set the key of then. Without it stored secrets cannot be read, and erased people would not be recognised.");

    public static readonly FindingKind ClockWrong = new(
        "clock_wrong", Warning, "Events are refused as too new or too old, or budgets seem to come back at odd times.",
        "The clock of this machine differs from that of the remote systems.", "Switch on time synchronisation (NTP) on the machine that runs Sluice.");

    public static readonly FindingKind PublicAddressMissing = new(
        "public_url_missing", Note, "Unsubscribes in Brevo arrive minutes later.",
        "`server.public_url` is not set, so that Brevo cannot tell Sluice; Sluice reads changes every 10 minutes instead.",
        "Set `server.public_url` to the address under which Brevo and Mixpanel reach this Sluice.");

    public static readonly FindingKind PublicAddressUnreachable = new(
        "public_url_unreachable", Error, "Mixpanel's webhook fails, or Brevo's calls do not arrive.",
        "Under `server.public_url` no Sluice answers: it does not run, or DNS, the certificate, the proxy or the firewall is wrong.",
        "Open `<public_url>/health/ready` from outside your network and follow its error. From within, the address may be closed although it works from outside.");

    public static readonly FindingKind ConnectorPaused = new(
        "connector_paused", Note, "Nothing goes through a connector, and work waits.",
        "Somebody has paused the connector through the management API.", "Resume it there when it is to work again.");

    public static readonly FindingKind Unchecked = new(
        "unchecked", Warning, "The doctor could not look at everything.",
        "The time was up, or what a check needs could not be used.", "Mend what is named above it, or give more time with `--timeout`, and run the doctor again.");

    /// <summary>All of them, the worst first.</summary>
    public static IReadOnlyList<FindingKind> All => Listed.Kinds;

    // Made when it is asked for: by then every part of this class has its values.
    private static class Listed
    {
        public static readonly IReadOnlyList<FindingKind> Kinds =
        [
            .. typeof(FindingCatalogue).GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => (FindingKind)f.GetValue(null)!)
                .OrderByDescending(k => k.Severity).ThenBy(k => k.Code, StringComparer.Ordinal),
        ];
    }
}
