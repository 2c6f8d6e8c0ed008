namespace Sluice.Server.Http;

/// <summary>Why a body was not taken.</summary>
internal enum BodyRefusal
{
    /// <summary>More bytes than allowed, as sent or after decompression.</summary>
    TooLarge,

    /// <summary>A content encoding other than gzip.</summary>
    Encoding,

    /// <summary>It says gzip and is not, or ends too early.</summary>
    Damaged,

    /// <summary>The connection ended, or its framing broke, before the body was complete.</summary>
    Incomplete,

    /// <summary>It came slower than allowed.</summary>
    TooSlow,

    /// <summary>Too many bytes are being worked on already.</summary>
    NoRoom,
}

/// <summary>A body was not taken; its reader gives up.</summary>
internal sealed class BodyRefusedException(BodyRefusal refusal, Exception? inner = null)
    : Exception($"The body was refused: {refusal}.", inner)
{
    public BodyRefusal Refusal => refusal;
}
