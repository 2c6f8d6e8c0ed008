namespace Sluice.Core.Delivery.Forwarding;

/// <summary>
/// Tells a bad record from a bad setting. When several records are refused, each in a call of its own that names nothing, and none is
/// taken between them, it is hardly the records: then at most one in a while becomes a letter. So neither an address that leads to
/// something else makes letters of all that comes, nor do some bad records in a row hold up the others for ever.
/// </summary>
internal sealed class WholeRefusals
{
    /// <summary>How long a line holds when it is hardly the records.</summary>
    public static readonly TimeSpan Hold = TimeSpan.FromMinutes(5);

    private const int InRow = 3;

    private readonly Lock _gate = new();
    private int _refused;
    private DateTimeOffset _next;

    /// <summary>It is hardly the records.</summary>
    public bool IsLikelySetting
    {
        get
        {
            lock (_gate)
            {
                return _refused >= InRow;
            }
        }
    }

    /// <summary>Something was taken.</summary>
    public void Taken()
    {
        lock (_gate)
        {
            _refused = 0;
        }
    }

    /// <summary>A record was refused that was alone in its call.</summary>
    /// <returns>True when that is the record's fault; false when the line is to hold, and to try it again.</returns>
    public bool IsOfRecord(DateTimeOffset now)
    {
        lock (_gate)
        {
            if (_refused < InRow)
            {
                _refused++;
                if (_refused < InRow)
                {
                    return true;
                }

                _next = now + Hold;
                return false;
            }

            if (now < _next)
            {
                return false;
            }

            _next = now + Hold;
            return true;
        }
    }
}
