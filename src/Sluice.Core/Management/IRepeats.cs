namespace Sluice.Core.Management;

/// <summary>Where a call with an idempotency key stands.</summary>
public enum RepeatState
{
    /// <summary>It is the first one: do the work, then say what came of it.</summary>
    New,

    /// <summary>The work was done: give the same answer.</summary>
    Finished,

    /// <summary>The first call is still at work.</summary>
    Running,

    /// <summary>The key was used for another call.</summary>
    OtherRequest,
}

/// <param name="Status">The answer's status, of a finished call.</param>
/// <param name="Body">The answer's body, of a finished call.</param>
/// <param name="Stamp">Of a new call: what it shows when it has ended. Who was taken for dead meanwhile has another one than the call that began again.</param>
public sealed record Repeat(RepeatState State, int Status = 0, string Body = "", long Stamp = 0);

/// <summary>Remembers for a day which calls were made under which idempotency key, and what was answered.</summary>
public interface IRepeats
{
    /// <summary>How long a key is remembered.</summary>
    static readonly TimeSpan Memory = TimeSpan.FromHours(24);

    /// <summary>
    /// After this time the first call is taken for dead, and the work may begin again: all of it converges when it is repeated. It is longer
    /// than the longest call, a fetch from Mixpanel with ten minutes of waiting after it.
    /// </summary>
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(20);

    /// <summary>Takes a key for a call. Durable when it returns.</summary>
    /// <param name="request">Hash of everything that makes up the call.</param>
    Task<Repeat> BeginAsync(string project, string key, byte[] request, CancellationToken cancellationToken);

    /// <summary>Writes the answer that every repeat gets, unless the call was taken for dead: then who began again has the word.</summary>
    Task FinishAsync(string project, string key, long stamp, int status, string body, CancellationToken cancellationToken);

    /// <summary>Nothing was done: the key is free again, unless the call was taken for dead.</summary>
    Task ForgetAsync(string project, string key, long stamp, CancellationToken cancellationToken);
}
