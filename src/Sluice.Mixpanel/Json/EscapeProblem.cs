namespace Sluice.Mixpanel.Json;

/// <summary>Why an escape of valid JSON stands for nothing that can be stored.</summary>
internal enum EscapeProblem
{
    None,

    /// <summary>The character U+0000, which databases cannot keep.</summary>
    NulCharacter,

    /// <summary>One half of a surrogate pair, which is no character.</summary>
    LoneSurrogate,
}
