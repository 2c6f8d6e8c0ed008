using Sluice.Mixpanel.Ingestion.Forms;

namespace Sluice.Mixpanel.Ingestion.Answers;

/// <summary>How a client of <c>/track</c>, <c>/engage</c> or <c>/groups</c> wants its answer.</summary>
public sealed record TrackAnswerForm
{
    /// <summary>A bare <c>1</c> or <c>0</c>.</summary>
    public static TrackAnswerForm Plain { get; } = new();

    /// <summary>As JSON with the error in words.</summary>
    public bool IsVerbose { get; init; }

    /// <summary>With each refused record, as JSON.</summary>
    public bool IsStrict { get; init; }

    /// <summary>As a picture of one transparent pixel.</summary>
    public bool IsImage { get; init; }

    /// <summary>As a script that calls this function. A name that is none is ignored.</summary>
    public string? Callback { get; init; }

    /// <summary>What the fields of a request ask for.</summary>
    public static TrackAnswerForm Of(FormBody form)
    {
        ArgumentNullException.ThrowIfNull(form);
        return new TrackAnswerForm
        {
            IsVerbose = form.IsVerbose,
            IsStrict = form.IsStrict,
            IsImage = form.IsImage,
            Callback = form.Callback,
        };
    }
}
