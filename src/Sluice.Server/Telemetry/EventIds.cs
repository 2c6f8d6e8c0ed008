namespace Sluice.Server.Telemetry;

/// <summary>The numbers of the gateway's log lines, 1000 to 1999. A number is never used for another line.</summary>
internal static class EventIds
{
    public const int Listening = 1000;
    public const int Stopping = 1001;
    public const int Stopped = 1002;
    public const int PlainHttpAnywhere = 1003;

    public const int CertificateLoaded = 1010;
    public const int CertificateKept = 1011;
    public const int CertificateExpired = 1012;

    public const int RequestFailed = 1020;
    public const int CredentialsRefused = 1021;
    public const int ForeignProject = 1022;
    public const int BodyBudgetFull = 1023;

    public const int PageTaken = 1100;
    public const int PageWarning = 1101;
    public const int PageRefused = 1102;
    public const int PageBusy = 1103;
    public const int PageFailed = 1104;
    public const int MembersRejected = 1105;
    public const int OtherRemoteProject = 1106;

    public const int InboxTaken = 1200;
    public const int InboxRefused = 1201;
    public const int InboxBusy = 1202;
    public const int InboxFailed = 1203;
    public const int JobNoticeFailed = 1204;
    public const int JobNoticeDropped = 1205;

    public const int NotReady = 1300;
    public const int ReadinessFailed = 1301;

    public const int IntakeRefused = 1400;
    public const int IntakeBusy = 1401;
    public const int IntakeFailed = 1402;
    public const int RecordsRefused = 1403;
    public const int LookupReplaced = 1404;
    public const int CountsKept = 1405;
    public const int RecordsNotKept = 1406;
}
