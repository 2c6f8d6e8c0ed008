using System.IO.Enumeration;

namespace Sluice.Simulators;

/// <summary>Which calls a rule of a fault script means, and how often it fires for them.</summary>
public abstract record FaultRule
{
    /// <summary>HTTP method, or <c>*</c>.</summary>
    public string Method { get; init; } = "*";

    /// <summary>Path below the base address; <c>*</c> stands for any run of characters.</summary>
    public string Path { get; init; } = "*";

    /// <summary>Only the n-th matching call, counted from 1.</summary>
    public int? Nth { get; init; }

    /// <summary>Only every so many-th matching call.</summary>
    public int? Every { get; init; }

    /// <summary>Only with this probability, drawn from the simulator's seed.</summary>
    public double? Probability { get; init; }

    /// <summary>At most so many times.</summary>
    public int? Count { get; init; }
}

/// <summary>A rule in force with what became of it.</summary>
/// <typeparam name="TFault">The simulator's kind of rule.</typeparam>
/// <param name="Id">Its number.</param>
/// <param name="Fault">The rule.</param>
/// <param name="Matched">Calls that matched method and path.</param>
/// <param name="Fired">Calls that the effect was applied to.</param>
public sealed record FaultUse<TFault>(int Id, TFault Fault, int Matched, int Fired)
    where TFault : FaultRule;

/// <summary>A fault script. Every rule that fires for a call is applied.</summary>
/// <typeparam name="TFault">The simulator's kind of rule.</typeparam>
public abstract class FaultScript<TFault>
    where TFault : FaultRule
{
    private readonly Lock _gate = new();
    private readonly List<FaultUse<TFault>> _rules = [];
    private readonly int _seed;
    private Random _random;
    private int _nextId = 1;

    private protected FaultScript(int seed)
    {
        _seed = seed;
        _random = new Random(seed);
    }

    /// <summary>The rules in force, in the order they were added.</summary>
    public IReadOnlyList<FaultUse<TFault>> Rules
    {
        get
        {
            lock (_gate)
            {
                return [.. _rules];
            }
        }
    }

    /// <summary>Adds a rule.</summary>
    /// <param name="fault">The rule.</param>
    /// <returns>Its number.</returns>
    public int Add(TFault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        lock (_gate)
        {
            _rules.Add(new FaultUse<TFault>(_nextId, fault, Matched: 0, Fired: 0));
            return _nextId++;
        }
    }

    /// <summary>Takes one rule away.</summary>
    /// <param name="id">Its number.</param>
    /// <returns>False when there is no such rule.</returns>
    public bool Remove(int id)
    {
        lock (_gate)
        {
            return _rules.RemoveAll(rule => rule.Id == id) > 0;
        }
    }

    /// <summary>Takes all rules away and starts the draws again from the seed.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _rules.Clear();
            _random = new Random(_seed);
        }
    }

    private protected IReadOnlyList<TFault> Match(string method, string path)
    {
        lock (_gate)
        {
            List<TFault> fired = [];
            for (var i = 0; i < _rules.Count; i++)
            {
                var rule = _rules[i];
                if (!Matches(rule.Fault, method, path))
                {
                    continue;
                }

                rule = rule with { Matched = rule.Matched + 1 };
                if (Fires(rule))
                {
                    rule = rule with { Fired = rule.Fired + 1 };
                    fired.Add(rule.Fault);
                }

                _rules[i] = rule;
            }

            return fired;
        }
    }

    private static bool Matches(FaultRule fault, string method, string path) =>
        (fault.Method == "*" || fault.Method.Equals(method, StringComparison.OrdinalIgnoreCase))
        && FileSystemName.MatchesSimpleExpression(fault.Path, path, ignoreCase: false);

    private bool Fires(FaultUse<TFault> rule) =>
        (rule.Fault.Count is not { } count || rule.Fired < count)
        && (rule.Fault.Nth is not { } nth || rule.Matched == nth)
        && (rule.Fault.Every is not { } every || rule.Matched % Math.Max(1, every) == 0)
        && (rule.Fault.Probability is not { } probability || _random.NextDouble() < probability);
}
