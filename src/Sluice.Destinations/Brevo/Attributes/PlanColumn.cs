using System.Text;

namespace Sluice.Destinations.Brevo.Attributes;

/// <summary>A planned attribute with what converting its values takes.</summary>
internal sealed class PlanColumn(AttributeColumn attribute, ChoiceTable? choices)
{
    public AttributeColumn Attribute { get; } = attribute;

    public ChoiceTable Choices { get; } = choices ?? new ChoiceTable([], []);

    public byte[] Name { get; } = Encoding.UTF8.GetBytes(attribute.Name);

    /// <summary>The next column that the same property fills, or -1.</summary>
    public int Next { get; set; } = -1;
}
