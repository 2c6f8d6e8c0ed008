using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Sluice.Server.Management;

/// <summary>What the document of the management API says beside its operations.</summary>
internal static class OpenApiText
{
    public const string DocumentName = "v1";
    private const string Scheme = "keys";

    public static void Configure(OpenApiOptions options)
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.ShouldInclude = description => description.ActionDescriptor.EndpointMetadata.OfType<ManagementMark>().Any();
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "Sluice management API",
                Version = "1",
                Description = "Times are RFC 3339 in UTC. Errors are problems as in RFC 9457; their `type` never changes. Lists come in pages with a cursor. docs/api.md tells how to begin.",
            };

            // Where it runs is the reader's business.
            document.Servers = [];
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
            document.Components.SecuritySchemes[Scheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http, Scheme = "basic", Description = "The project's access key as user name, its secret key as password.",
            };
            document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, document)] = [] }];
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            if (context.Description.ActionDescriptor.EndpointMetadata.OfType<ManagementMark>().LastOrDefault() is { Repeatable: true })
            {
                operation.Parameters ??= [];
                operation.Parameters.Add(new OpenApiParameter
                {
                    Name = ManagementRoutes.RepeatKeyHeader,
                    In = ParameterLocation.Header,
                    Description = "Makes the call safe to send again: within 24 hours the same key with the same body gets the first call's answer, with another body 422. 1 to 255 visible ASCII characters.",
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = 255 },
                });
            }

            foreach (var (status, response) in operation.Responses ?? [])
            {
                response.Description = Meaning(status) ?? response.Description;
            }

            return Task.CompletedTask;
        });
    }

    private static string? Meaning(string status) => status switch
    {
        "200" => "Done; the body says what there is.",
        "201" => "Made; the body says what.",
        "202" => "It goes on; the body says how far it has come.",
        "204" => "Done.",
        "400" => "The request is not valid; `errors` names the fields.",
        "401" => "The credentials are missing or wrong.",
        "403" => "Plain HTTP from another machine.",
        "404" => "There is no such thing in this project.",
        "409" => "It cannot be done as things stand; `type` says why.",
        "413" => "The body is too large: more than 256 KiB.",
        "415" => "The body is not of type application/json.",
        "422" => "The idempotency key belongs to another call, or the other side did not take the credentials.",
        "502" => "Mixpanel or Brevo could not be asked.",
        "503" => "The store is busy; Retry-After says when to come again.",
        _ => null,
    };
}
