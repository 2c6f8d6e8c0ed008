using Microsoft.AspNetCore.Http;
using Sluice.Mixpanel.Ingestion.Forms;
using Sluice.Server.Http;

namespace Sluice.Server.Ingestion;

/// <summary>What a client sent, and how: as a JSON body, as a form, or in the query string.</summary>
internal sealed class IntakeRequest(RequestBody? open, BufferedBody? body, FormBody form, bool isForm) : IDisposable
{
    private const string FormType = "application/x-www-form-urlencoded";

    /// <summary>The parameters, of the query string and the form together.</summary>
    public FormBody Form => form;

    /// <summary>The records: JSON, or nothing.</summary>
    public ReadOnlyMemory<byte> Data => form.Data;

    /// <summary>It was asked in the way of older clients, and is answered in theirs.</summary>
    public bool IsForm => isForm;

    public static IntakeRequest Of(HttpContext context, RequestBody open, BufferedBody body)
    {
        var form = FormBody.Read(context.Request.QueryString.Value, body.Content);
        var isJson = !body.Content.IsEmpty && form.Data.Equals(body.Content);
        var saysForm = context.Request.ContentType?.StartsWith(FormType, StringComparison.OrdinalIgnoreCase) == true;
        return new IntakeRequest(open, body, form, !isJson && (saysForm || !form.Data.IsEmpty));
    }

    /// <summary>A request without a body.</summary>
    public static IntakeRequest OfQuery(HttpContext context) =>
        new(open: null, body: null, FormBody.Read(context.Request.QueryString.Value, body: default), isForm: true);

    public void Dispose()
    {
        body?.Dispose();
        open?.Dispose();
    }
}
