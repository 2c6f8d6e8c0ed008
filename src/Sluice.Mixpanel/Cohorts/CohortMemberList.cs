using System.Collections;

namespace Sluice.Mixpanel.Cohorts;

/// <summary>The usable members of a page. Walking it allocates nothing.</summary>
public sealed class CohortMemberList : IReadOnlyList<CohortMember>
{
    private readonly MemberStore _store;

    internal CohortMemberList(MemberStore store)
    {
        _store = store;
        Count = store.Count;
    }

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">There is no member at <paramref name="index"/>.</exception>
    public CohortMember this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            return new CohortMember(_store, index);
        }
    }

    /// <summary>Walks the members in the order of the page.</summary>
    /// <returns>An enumerator that stands before the first member.</returns>
    public Enumerator GetEnumerator() => new(this);

    /// <inheritdoc/>
    IEnumerator<CohortMember> IEnumerable<CohortMember>.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Walks the members of a page in order.</summary>
    public struct Enumerator : IEnumerator<CohortMember>
    {
        private readonly CohortMemberList _members;
        private int _index;

        internal Enumerator(CohortMemberList members)
        {
            _members = members;
            _index = -1;
        }

        /// <inheritdoc/>
        public readonly CohortMember Current => _members[_index];

        /// <inheritdoc/>
        readonly object IEnumerator.Current => Current;

        /// <inheritdoc/>
        public bool MoveNext() => ++_index < _members.Count;

        /// <inheritdoc/>
        public void Reset() => _index = -1;

        /// <inheritdoc/>
        public readonly void Dispose()
        {
        }
    }
}
