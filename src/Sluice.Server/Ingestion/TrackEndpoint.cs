using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Sluice.Core.Events;
using Sluice.Core.Projects;
using Sluice.Mixpanel.Ingestion;
using Sluice.Mixpanel.Ingestion.Answers;
using Sluice.Mixpanel.Ingestion.Events;
using EventBatch = Sluice.Mixpanel.Ingestion.Events.EventBatch;
using IdentityMode = Sluice.Core.Identity.IdentityMode;

namespace Sluice.Server.Ingestion;

/// <summary><c>/track</c>: events of today from browsers, phones and servers, with the project's token inside.</summary>
internal sealed class TrackEndpoint(EventWriter events, AddressIds addresses, IntakeServices services, ILogger<TrackEndpoint> logger)
    : TokenEndpoint(Route, services, logger)
{
    public const string Route = "track";
    public const string Pattern = "/track";

    private static readonly TimeSpan Window = TimeSpan.FromDays(5);

    protected override async Task<IngestionAnswer> TakeAsync(
        HttpContext context, IntakeRequest request, TrackAnswerForm form, CancellationToken cancellationToken)
    {
        var now = Services.TimeProvider.GetUtcNow();
        var idWhenMissing = request.Form.UsesRequestIp ? addresses.Of(context.Connection.RemoteIpAddress) : "";

        // What an event says depends on how its project tells ids, and whose it is on what it says. Nearly always all are of one project:
        // the first token tells which.
        var mode = ProjectOf(request.Data)?.Identity ?? IdentityMode.Simplified;
        if (!Parser(mode, idWhenMissing).TryParse(request.Data, now, out var first, out var failure))
        {
            return Refused(failure, request, form);
        }

        var taken = new Taken();
        using (first)
        {
            var others = Sort(first, mode, taken, isFirst: true);
            if (first.IdentityIgnored > 0)
            {
                // An identity event that means nothing in one project may mean something in another, if the body has events of one.
                others.UnionWith(RecordToken.All(request.Data.Span).Select(Services.Projects.FindByToken).OfType<Project>().Select(p => p.Identity));
                others.Remove(mode);
            }

            await StoreAsync(taken, now, AddressOf(context, request), cancellationToken);
            foreach (var other in others)
            {
                if (Parser(other, idWhenMissing).TryParse(request.Data, now, out var again, out _))
                {
                    using (again)
                    {
                        taken.Clear();
                        Sort(again, other, taken, isFirst: false);
                        await StoreAsync(taken, now, AddressOf(context, request), cancellationToken);
                    }
                }
            }

            return TrackAnswer.Of(first.Received, [.. taken.AllFailed.OrderBy(f => f.Index)], form);
        }
    }

    private static EventParser Parser(IdentityMode mode, string idWhenMissing) => new(new EventParserOptions
    {
        Rules = EventRules.Track,
        Identity = EventMap.Map(mode),
        DistinctIdWhenMissing = idWhenMissing,
        TrackWindow = Window,
    });

    /// <summary>Takes what belongs to projects of the mode, and once what belongs to none.</summary>
    /// <returns>Other modes in which the body has to be read again.</returns>
    private HashSet<IdentityMode> Sort(EventBatch batch, IdentityMode mode, Taken taken, bool isFirst)
    {
        var others = new HashSet<IdentityMode>();
        var unknown = new List<MixpanelEvent>();
        foreach (var one in batch.Events)
        {
            if (Services.Projects.FindByToken(one.Token!) is not { } project)
            {
                unknown.Add(one);
            }
            else if (project.Identity == mode)
            {
                taken.Add(project, one);
            }
            else
            {
                others.Add(project.Identity);
            }
        }

        foreach (var failed in batch.Failed)
        {
            var project = ProjectOf(failed.Payload);
            if (project is null ? isFirst : project.Identity == mode)
            {
                taken.Add(project, failed);
            }
            else if (project is not null)
            {
                others.Add(project.Identity);
            }
        }

        if (isFirst)
        {
            Services.Tally.Events(Route, IntakeTally.Nobody, IntakeOutcome.UnknownToken, unknown);
            var owner = taken.Events.Count == 1 ? taken.Events.Keys.First().Id : IntakeTally.Nobody;
            Services.Tally.Records(Route, owner, IntakeOutcome.Ignored, "", batch.Ignored + batch.IdentityIgnored, 0);
        }

        return others;
    }

    private async Task StoreAsync(Taken taken, DateTimeOffset now, string? address, CancellationToken cancellationToken)
    {
        await SetAsideAsync(taken.Failed, cancellationToken);
        foreach (var (project, received) in taken.Events)
        {
            await events.StoreAsync(Route, project, received, now - Window, address, cancellationToken);
        }
    }

    /// <summary>What one reading of a body found, by project.</summary>
    private sealed class Taken
    {
        public Dictionary<Project, List<MixpanelEvent>> Events { get; } = new(ReferenceEqualityComparer.Instance);

        public List<(Project? Project, FailedRecord Record)> Failed { get; } = [];

        /// <summary>What failed in all readings.</summary>
        public List<FailedRecord> AllFailed { get; } = [];

        public void Add(Project project, MixpanelEvent one)
        {
            if (!Events.TryGetValue(project, out var list))
            {
                Events.Add(project, list = []);
            }

            list.Add(one);
        }

        public void Add(Project? project, FailedRecord failed)
        {
            Failed.Add((project, failed));
            AllFailed.Add(failed);
        }

        public void Clear()
        {
            Events.Clear();
            Failed.Clear();
        }
    }
}
