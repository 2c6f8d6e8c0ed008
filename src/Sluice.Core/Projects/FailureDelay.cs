using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Sluice.Core.Projects;

/// <summary>
/// How long the answer to wrong credentials waits. Failures are counted per name and source, so that nobody can slow down somebody
/// else, and a right answer never asks here how long to wait.
/// </summary>
/// <remarks>
/// The first <see cref="FreeFailures"/> within a minute are answered at once; from then on the answer waits one second, then twice
/// as long each time up to half a minute. A minute without a failure after the last answer forgets all.
/// Memory is bounded: at <c>capacity</c> the pair that has been quiet for the longest is forgotten.
/// </remarks>
public sealed class FailureDelay(TimeProvider timeProvider, int capacity = FailureDelay.DefaultCapacity)
{
    public const int FreeFailures = 5;
    public const int DefaultCapacity = 10_000;

    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, LinkedListNode<Failures>> _failures = [];
    private readonly LinkedList<Failures> _byAge = [];

    /// <summary>Pairs that are remembered at the moment.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _failures.Count;
            }
        }
    }

    /// <summary>Counts a failure.</summary>
    /// <returns>How long its answer waits.</returns>
    public TimeSpan Failed(string name, string source)
    {
        var key = KeyOf(name, source);
        var now = timeProvider.GetUtcNow();
        lock (_lock)
        {
            if (!_failures.TryGetValue(key, out var node))
            {
                if (_failures.Count >= capacity)
                {
                    Forget(_byAge.First!);
                }

                node = _byAge.AddLast(new Failures(key));
                _failures.Add(key, node);
            }
            else
            {
                _byAge.Remove(node);
                _byAge.AddLast(node);
            }

            return node.Value.Count(now);
        }
    }

    /// <summary>Forgets the failures of a name at a source: it has shown the right credentials.</summary>
    public void Succeeded(string name, string source)
    {
        lock (_lock)
        {
            // Almost always nobody has failed, and the hash need not be made.
            if (_failures.Count == 0)
            {
                return;
            }
        }

        var key = KeyOf(name, source);
        lock (_lock)
        {
            if (_failures.TryGetValue(key, out var node))
            {
                Forget(node);
            }
        }
    }

    private void Forget(LinkedListNode<Failures> node)
    {
        _failures.Remove(node.Value.Key);
        _byAge.Remove(node);
    }

    // Names are as long as the caller likes; what is kept of them is not.
    private static UInt128 KeyOf(string name, string source)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{source}\0{name}"), hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    private sealed class Failures(UInt128 key)
    {
        private int _count;
        private DateTimeOffset _since;
        private DateTimeOffset _lastAnswer;

        public UInt128 Key => key;

        public TimeSpan Count(DateTimeOffset now)
        {
            var quietSince = _count <= FreeFailures ? _since : _lastAnswer;
            if (_count == 0 || now - quietSince >= Window)
            {
                _count = 0;
                _since = now;
            }

            _count = Math.Min(_count + 1, FreeFailures + 16);
            var delay = _count <= FreeFailures
                ? TimeSpan.Zero
                : TimeSpan.FromTicks(Math.Min(First.Ticks << (_count - FreeFailures - 1), Longest.Ticks));
            _lastAnswer = now + delay;
            return delay;
        }
    }
}
