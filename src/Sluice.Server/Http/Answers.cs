using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Sluice.Server.Http;

/// <summary>Writes answers whose whole body is at hand.</summary>
internal static class Answers
{
    public const string Json = "application/json";
    public const string Text = "text/plain; charset=utf-8";

    public static async Task WriteAsync(
        HttpContext context, int status, string contentType, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        await response.BodyWriter.WriteAsync(body, cancellationToken);
    }

    public static Task WriteTextAsync(HttpContext context, int status, string text, CancellationToken cancellationToken) =>
        WriteAsync(context, status, Text, System.Text.Encoding.UTF8.GetBytes(text), cancellationToken);

    /// <summary>Says when the caller may come again.</summary>
    public static void RetryAfter(HttpContext context, TimeSpan delay) =>
        context.Response.Headers.RetryAfter = ((long)Math.Ceiling(delay.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
}
