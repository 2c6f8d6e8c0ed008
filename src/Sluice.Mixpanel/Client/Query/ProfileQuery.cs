namespace Sluice.Mixpanel.Client;

/// <summary>Which profiles are asked for. Everything that is null is left out.</summary>
/// <seealso href="https://developer.mixpanel.com/reference/engage-query"/>
public sealed record ProfileQuery
{
    /// <summary>The most ids of a query.</summary>
    public const int MaxDistinctIds = 2_000;

    /// <summary>The members of this cohort only. Not together with <see cref="Behaviors"/>.</summary>
    public long? Cohort { get; init; }

    /// <summary>With <see cref="Cohort"/>: whether members that have no profile are given, too, without properties. Mixpanel's own default is true.</summary>
    public bool? IncludeAllUsers { get; init; }

    /// <summary>An expression about the properties, for instance <c>properties["plan"] == "pro"</c>.</summary>
    public string? Where { get; init; }

    /// <summary>These people only, <see cref="MaxDistinctIds"/> at most.</summary>
    public IReadOnlyCollection<string>? DistinctIds { get; init; }

    /// <summary>The only properties that are given; makes large answers small.</summary>
    public IReadOnlyCollection<string>? OutputProperties { get; init; }

    /// <summary>Group profiles of this kind of group, instead of people.</summary>
    public string? DataGroupId { get; init; }

    /// <summary>Behaviours that <see cref="Where"/> names, as a JSON list.</summary>
    public string? Behaviors { get; init; }

    /// <summary>The moment that behaviours are looked at from. With them it must be the same for all pages, or those after the first fail.</summary>
    public DateTimeOffset? AsOf { get; init; }

    internal void Validate()
    {
        if (DistinctIds is { Count: 0 or > MaxDistinctIds })
        {
            throw new ArgumentException($"A query names 1 to {MaxDistinctIds} ids; it has {DistinctIds.Count}.");
        }

        if (Cohort is not null && Behaviors is not null)
        {
            throw new ArgumentException("A query is about a cohort or about behaviours, and not both.");
        }
    }

    internal Parameters ToForm(int page, string? session)
    {
        // One id has a name of its own.
        var one = DistinctIds is { Count: 1 } ? DistinctIds.First() : null;
        return new Parameters()
            .Add("filter_by_cohort", Cohort is { } id ? $$"""{"id":{{id}}}""" : null)
            .Add("include_all_users", IncludeAllUsers)
            .Add("where", Where)
            .Add("distinct_id", one)
            .Add("distinct_ids", one is null ? DistinctIds : null)
            .Add("output_properties", OutputProperties)
            .Add("data_group_id", DataGroupId)
            .Add("behaviors", Behaviors)
            .Add("as_of_timestamp", AsOf?.ToUnixTimeSeconds())
            .Add("session_id", session)
            .Add("page", page == 0 ? null : page);
    }
}
