using Sluice.Core.Cohorts;

namespace Sluice.Storage.Tests.Cohorts.Model;

/// <summary>
/// Random sessions, as a sender under bad conditions produces them: pages overtake each other, come again, come with other content or
/// another number of pages, or never; sessions overlap; settling, clearing and restarts happen anywhere, and months pass.
/// </summary>
public static class Story
{
    private static readonly string[] Ids = [.. Enumerable.Range(0, 9).Select(i => ((char)('a' + i)).ToString())];

    public static IReadOnlyList<StoryStep> Of(int seed, int steps)
    {
        var random = new Random(seed);
        var waiting = new List<Arrival>();
        var sent = new List<Arrival>();
        var story = new List<StoryStep>();
        var sessions = 0;
        while (story.Count < steps)
        {
            switch (random.Next(100))
            {
                case < 50:
                    if (waiting.Count == 0 || random.Next(4) == 0)
                    {
                        waiting.AddRange(NewSession(random, ++sessions));
                    }

                    // Mostly in order, sometimes not, sometimes never.
                    var next = random.Next(3) == 0 ? random.Next(waiting.Count) : 0;
                    if (random.Next(12) != 0)
                    {
                        story.Add(waiting[next]);
                        sent.Add(waiting[next]);
                    }

                    waiting.RemoveAt(next);
                    break;
                case < 62 when sent.Count > 0:
                    story.Add(sent[random.Next(sent.Count)]);
                    break;
                case < 70 when sent.Count > 0:
                    Resend(story, sent, Recent(random, sent) with { Ids = Some(random) });
                    break;
                case < 75 when sent.Count > 0:
                    var other = Recent(random, sent);
                    var of = 1 + random.Next(4);
                    Resend(story, sent, other with { Of = of, Page = Math.Min(other.Page, of), Ids = random.Next(2) == 0 ? other.Ids : Some(random) });
                    break;
                case < 86:
                    story.Add(new SettleOnce());
                    break;
                case < 90:
                    story.Add(new SettleAll());
                    break;
                case < 92:
                    story.Add(new Reopen());
                    break;
                case < 94:
                    story.Add(new MonthPasses());
                    break;
                case < 98:
                    story.Add(new Clear());
                    break;
                default:
                    story.Add(new MinutePasses());
                    break;
            }
        }

        story.Add(new SettleAll());
        return story;
    }

    private static void Resend(List<StoryStep> story, List<Arrival> sent, Arrival arrival)
    {
        story.Add(arrival);
        sent.Add(arrival);
    }

    private static Arrival Recent(Random random, List<Arrival> sent) => sent[^(1 + random.Next(Math.Min(6, sent.Count)))];

    private static IEnumerable<Arrival> NewSession(Random random, int number)
    {
        var cohort = random.Next(4) == 0 ? "8" : "7";
        var pages = 1 + random.Next(3);
        CohortAction[] actions = random.Next(5) switch
        {
            < 2 => [CohortAction.Members],
            2 => [CohortAction.AddMembers],
            3 => [CohortAction.RemoveMembers],
            _ => [CohortAction.AddMembers, CohortAction.RemoveMembers],
        };
        return from action in actions
               from page in Enumerable.Range(1, pages)
               select new Arrival(cohort, $"s{number}", action, page, pages, Some(random));
    }

    private static string[] Some(Random random) => [.. Ids.Where(_ => random.Next(3) == 0)];
}
