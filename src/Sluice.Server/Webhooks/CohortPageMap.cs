using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Sluice.Core.Cohorts;
using Sluice.Core.People;
using Sluice.Core.People.Contact;
using Sluice.Mixpanel.Cohorts;
using CohortAction = Sluice.Core.Cohorts.CohortAction;
using CohortMember = Sluice.Core.Cohorts.CohortMember;
using WireAction = Sluice.Mixpanel.Cohorts.CohortAction;
using WireMember = Sluice.Mixpanel.Cohorts.CohortMember;

namespace Sluice.Server.Webhooks;

/// <summary>Makes a page as Mixpanel sent it into a page that can be stored.</summary>
public static class CohortPageMap
{
    public static CohortPage Map(string project, CohortWebhookPage page) => new(
        project,
        page.CohortId,
        page.CohortName,
        page.CohortDescription,
        page.ProjectId,
        page.SessionId,
        Map(page.Action),
        page.TotalPages,
        page.PageNumber,
        BinaryPrimitives.ReadUInt128BigEndian(page.ContentHash.Span),
        Map(project, page.Members),
        [.. page.Rejected.Select(Map)]);

    private static CohortAction Map(WireAction action) => action switch
    {
        WireAction.Members => CohortAction.Members,
        WireAction.AddMembers => CohortAction.AddMembers,
        WireAction.RemoveMembers => CohortAction.RemoveMembers,
        _ => throw new ArgumentOutOfRangeException(nameof(action), action, "Unknown cohort action."),
    };

    private static CohortMember[] Map(string project, CohortMemberList received)
    {
        var places = new Place[received.Count];
        for (var i = 0; i < places.Length; i++)
        {
            places[i] = new Place(PersonKey.Of(project, received[i].DistinctId), i);
        }

        Array.Sort(places);
        var distinct = 0;
        for (var i = 0; i < places.Length; i++)
        {
            // Of one id sent twice the later counts; it stands last among its equals.
            if (i + 1 == places.Length || places[i + 1].Key != places[i].Key)
            {
                places[distinct++] = places[i];
            }
        }

        var members = new CohortMember[distinct];
        for (var i = 0; i < distinct; i++)
        {
            members[i] = Map(project, places[i].Key, received[places[i].Index]);
        }

        return members;
    }

    private static CohortMember Map(string project, PersonKey key, WireMember member) => new(
        key,
        member.DistinctId,
        Encoding.UTF8.GetString(member.Properties.Span),
        member.Email is { } email && EmailAddress.TryNormalise(email, out var address, out _) ? PersonKey.Of(project, address).Value : null,
        member.Phone is { } phone && PhoneNumber.TryNormalise(phone, out var number, out _) ? PersonKey.Of(project, number).Value : null);

    private static RejectedMember Map(RejectedCohortMember member)
    {
        var detail = member.Detail;
        if (member.PayloadIsBase64)
        {
            detail += " The payload is kept as base64.";
        }

        if (member.PayloadIsCut)
        {
            detail += string.Create(CultureInfo.InvariantCulture, $" Only the beginning of its {member.ReceivedBytes} bytes is kept.");
        }

        return new RejectedMember(member.Index, member.Reason, detail, Encoding.UTF8.GetString(member.Payload.Span));
    }

    private readonly record struct Place(PersonKey Key, int Index) : IComparable<Place>
    {
        public int CompareTo(Place other)
        {
            var byKey = Key.CompareTo(other.Key);
            return byKey != 0 ? byKey : Index.CompareTo(other.Index);
        }
    }
}
