using Sluice.Core.Delivery.Events;
using Sluice.Core.Events;
using Sluice.Core.People;

namespace Sluice.Core.Tests.Delivery.Events;

public sealed class EventWindowTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;
    private static readonly EventWay Single = new("single", "s", 1, int.MaxValue, 1, 4, TimeSpan.Zero);
    private static readonly EventWay Batch = new("batch", "b", 5, 1_000, 3, 2, TimeSpan.FromSeconds(5));

    private static readonly PersonKey Ana = PersonKey.Of("p", "ana");
    private static readonly PersonKey Bob = PersonKey.Of("p", "bob");

    // An id as sent that Ana speaks for.
    private static readonly PersonKey Sender = PersonKey.Of("p", "old-ana");

    private readonly EventWindow _window = new();

    [Fact]
    public void The_oldest_goes_first()
    {
        Add("bob", 2);
        Add("ana", 1);
        Add("cid", 3);
        Assert.Equal([1], Take(Single));
        Assert.Equal([2], Take(Single));
    }

    [Fact]
    public void What_is_of_another_kind_goes_its_own_way_and_keeps_its_place_in_the_lane()
    {
        var order = Single with { Name = "order", Kind = "order" };
        Add("ana", 1);
        Add("ana", 2, kind: "order");
        Add("ana", 3);
        Add("bob", 4, kind: "order");
        Add("cid", 5);
        Assert.Equal([1, 5], Take(Batch with { WorthFrom = 2 }));
        Assert.Equal([4], Take(order));
        Assert.Empty(Take(order));
        Assert.Empty(Take(Single));
    }

    [Fact]
    public void A_batch_is_worth_it_only_for_what_it_can_carry()
    {
        Add("ana", 1);
        Add("bob", 2, kind: "order");
        Add("bob", 3);
        var order = Add("cid", 4, kind: "order");
        Add("cid", 5);
        Assert.Equal((1, 2, 4, 2), (_window.FreeOf(""), _window.FreeOf("order"), _window.Crowd().Count, _window.Crowd().Lanes.Count));
        Assert.Empty(Take(Batch));
        Add("dan", 6);
        Assert.Empty(Take(Batch));
        Assert.Equal([2, 4], Take(Batch with { Kind = "order", WorthFrom = 2 }));
        Add("cid", 7);
        End(Batch, [order], finished: [order]);
        Assert.Equal((4, 0, 2), (_window.FreeOf(""), _window.FreeOf("order"), _window.Crowd().Count));
        Assert.Equal([1, 5, 6, 7], Take(Batch));
        Assert.Equal(0, _window.FreeOf(""));
    }

    [Fact]
    public void While_an_event_of_a_person_is_under_way_the_next_waits()
    {
        var first = Add("ana", 1);
        Add("ana", 2);
        Assert.Equal([1], Take(Single));
        Assert.Empty(Take(Single));
        Assert.Equal(0, _window.FreeOf(""));
        End(Single, [first], finished: [first]);
        Assert.Equal([2], Take(Single));
    }

    [Fact]
    public void What_was_not_finished_goes_again_before_what_came_later()
    {
        var first = Add("ana", 1);
        Take(Single);
        Add("ana", 2);
        End(Single, [first], finished: []);
        Assert.Equal([1], Take(Single));
    }

    [Fact]
    public void A_batch_takes_several_events_of_a_person_in_their_order()
    {
        Add("ana", 1);
        Add("ana", 3);
        Add("bob", 2);
        Add("ana", 4);
        Assert.Equal([1, 2, 3, 4], Take(Batch));
    }

    [Fact]
    public void A_batch_is_no_larger_than_its_way_allows()
    {
        for (var i = 1; i <= 8; i++)
        {
            Add("p" + i, i, bytes: 300);
        }

        Assert.Equal([1, 2, 3], Take(Batch));
        Assert.Equal([4, 5, 6, 7, 8], Take(Batch with { MaxBytes = 10_000 }));
    }

    [Fact]
    public void Too_few_events_are_not_worth_a_batch()
    {
        Add("ana", 1);
        Add("bob", 2);
        Assert.Empty(Take(Batch));
        Add("bob", 3);
        Assert.Equal([1, 2, 3], Take(Batch));
    }

    [Fact]
    public void What_goes_alone_goes_in_no_batch_and_neither_does_what_comes_after_it()
    {
        Add("ana", 1, alone: true);
        Add("ana", 2);
        Add("bob", 3);
        Add("cid", 4);
        Assert.Equal([3, 4], Take(Batch));
        Assert.Equal([1], Take(Single));
    }

    [Fact]
    public void A_way_may_be_left_what_goes_alone()
    {
        Add("ana", 1);
        Add("bob", 2, alone: true);
        Assert.Equal([2], [.. _window.Take(Single, Now, onlyAlone: true).Select(i => i.Position.Number)]);
        Assert.Empty(_window.Take(Single, Now, onlyAlone: true));
    }

    [Fact]
    public void After_a_batch_a_person_goes_on_only_by_batch_until_it_has_settled()
    {
        EventItem[] items = [Add("ana", 1), Add("bob", 2), Add("cid", 3)];
        Take(Batch);
        Add("ana", 4);
        _window.End(items, items.Select(i => i.Position).ToHashSet(), Batch, Now.AddSeconds(5));
        Assert.Empty(_window.Take(Single, Now.AddSeconds(4.9)));
        Assert.Equal(4, Assert.Single(_window.Take(Batch with { WorthFrom = 1 }, Now)).Position.Number);
    }

    [Fact]
    public void What_is_forgotten_can_be_read_again()
    {
        Add("ana", 1);
        Add("ana", 2);
        Add("bob", 3);
        _window.Drop(Ana, Now);
        Assert.Equal((1, 1), (_window.Count, _window.FreeOf("")));
        Assert.False(_window.Contains(new LogPosition(1, 1)));
        Add("ana", 1);
        Assert.Equal([1], Take(Single));
    }

    [Fact]
    public void An_event_that_is_there_is_not_added_again()
    {
        Add("ana", 1);
        Add("ana", 1);
        Assert.Equal((1, 1), (_window.Count, _window.FreeOf("")));
    }

    [Fact]
    public void Whatever_happens_each_event_goes_once_and_in_the_order_of_its_person()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var window = new EventWindow();
            var sent = new List<EventItem>();
            var flying = new List<(EventWay Way, IReadOnlyList<EventItem> Items)>();
            var next = 1;
            while (sent.Count < 100)
            {
                if (next <= 100 && random.Next(2) == 0)
                {
                    window.Add(Item("p" + random.Next(10), next++, random.Next(10) == 0, 100));
                }

                var way = random.Next(2) == 0 ? Single : Batch with { WorthFrom = 1 };
                if (window.Take(way, Now.AddDays(sent.Count)) is { Count: > 0 } items)
                {
                    Assert.DoesNotContain(items, i => flying.Exists(f => f.Items.Any(o => o.Lane == i.Lane)));
                    flying.Add((way, items));
                }

                if (flying.Count > 0 && random.Next(3) == 0)
                {
                    var (flown, call) = flying[random.Next(flying.Count)];
                    flying.RemoveAll(f => f.Items == call);
                    var done = random.Next(4) == 0 ? [] : call;
                    sent.AddRange(done);
                    window.End(call, done.Select(i => i.Position).ToHashSet(), flown, null);
                }
            }

            Assert.Equal(0, window.Count);
            Assert.Equal(100, sent.Select(i => i.Position).Distinct().Count());
            Assert.All(sent.GroupBy(i => i.Lane), lane => Assert.Equal(lane.Select(i => i.Position).Order(), lane.Select(i => i.Position)));
        }
    }

    [Fact]
    public void Events_of_an_id_enter_no_other_lane_until_the_last_of_them_is_gone()
    {
        EventItem[] items = [Of(1), Of(2)];
        Assert.False(_window.Passes(Sender, Bob));
        Array.ForEach(items, _window.Add);
        Assert.False(_window.Passes(Sender, Ana));
        Assert.False(_window.Passes(Ana, Bob));
        Assert.True(_window.Passes(Sender, Bob));
        Assert.Equal([1], Take(Single));
        End(Single, [items[0]], finished: [items[0]]);
        Assert.True(_window.Passes(Sender, Bob));
        Assert.Equal([2], Take(Single));
        End(Single, [items[1]], finished: [items[1]]);
        Assert.False(_window.Passes(Sender, Bob));
    }

    [Fact]
    public void What_was_forgotten_is_passed_in_no_lane_before_all_is_read_from_the_beginning()
    {
        _window.Add(Of(1));
        _window.Drop(Ana, Now);
        Assert.True(_window.Passes(Sender, Ana));
        Assert.True(_window.Passes(Sender, Bob));
        _window.Clear(Now.AddDays(1));
        Assert.True(_window.Passes(Sender, Bob));
        _window.Lift(Now);
        Assert.False(_window.Passes(Sender, Ana));
        Assert.False(_window.Passes(Sender, Bob));
    }

    [Fact]
    public void An_id_of_which_something_is_unknown_is_held_in_every_lane_until_that_is_known_or_its_time_is_over()
    {
        EventItem[] items = [Of(1), Of(2)];
        Array.ForEach(items, _window.Add);
        Take(Single);
        _window.Hold(Sender, Ana, Now.AddMinutes(1));
        End(Single, [items[0]], finished: [items[0]]);
        _window.Drop(Ana, Now);
        _window.Lift(Now.AddSeconds(59));
        Assert.True(_window.Passes(Sender, Ana));
        Assert.Equal(Ana, _window.Release(Sender, Now.AddSeconds(59)));
        Assert.True(_window.Passes(Sender, Ana));
        _window.Lift(Now.AddSeconds(59));
        Assert.False(_window.Passes(Sender, Ana));
        Assert.Null(_window.Release(Sender, Now));
        _window.Hold(Sender, Ana, Now.AddMinutes(1));
        _window.Lift(Now.AddMinutes(1));
        Assert.False(_window.Passes(Sender, Ana));
    }

    [Fact]
    public void What_a_batch_has_yet_to_store_is_not_passed_in_another_lane()
    {
        EventItem[] batch = [Of(1), Of(2), Add("bob", 3)];
        Array.ForEach(batch, _window.Add);
        Assert.Equal([1, 2, 3], Take(Batch));
        _window.End(batch, batch.Select(i => i.Position).ToHashSet(), Batch, Now.AddSeconds(5));
        Assert.False(_window.Passes(Sender, Ana));
        Assert.True(_window.Passes(Sender, Bob));
        _window.Lift(Now.AddSeconds(4));
        Assert.True(_window.Passes(Sender, Bob));
        _window.Lift(Now.AddSeconds(5));
        Assert.False(_window.Passes(Sender, Bob));
    }

    [Fact]
    public void Who_is_read_again_still_goes_on_the_same_way_until_a_batch_has_settled()
    {
        EventItem[] batch = [Add("ana", 1), Add("ana", 2), Add("bob", 3)];
        Assert.Equal([1, 2, 3], Take(Batch));
        _window.End(batch, new HashSet<LogPosition> { batch[0].Position, batch[2].Position }, Batch, Now.AddSeconds(5));
        _window.Drop(Ana, Now);
        Assert.Equal((0, 0), (_window.Count, _window.FreeOf("")));
        Add("ana", 2);
        Assert.Empty(Take(Single));
        Assert.Equal([2], _window.Take(Single, Now.AddSeconds(5)).Select(i => i.Position.Number));
        _window.Clear(Now.AddSeconds(5));
        Assert.Equal(1, _window.Count);
    }

    private EventItem Add(string person, int number, bool alone = false, int bytes = 100, string kind = "")
    {
        var item = Item(person, number, alone, bytes, kind);
        _window.Add(item);
        return item;
    }

    private int[] Take(EventWay way) => [.. _window.Take(way, Now).Select(i => i.Position.Number)];

    private void End(EventWay way, EventItem[] call, EventItem[] finished) =>
        _window.End(call, finished.Select(i => i.Position).ToHashSet(), way, null);

    private static EventItem Of(int number) =>
        new(new OutboxRow(new LogPosition(1, number), Sender, Ana, false, Now, null, null), new MappedEvent(100, number));

    private static EventItem Item(string person, int number, bool alone, int bytes, string kind = "")
    {
        var key = PersonKey.Of("p", person);
        return new EventItem(new OutboxRow(new LogPosition(1, number), key, key, alone, Now, null, null), new MappedEvent(bytes, number) { Kind = kind });
    }
}
