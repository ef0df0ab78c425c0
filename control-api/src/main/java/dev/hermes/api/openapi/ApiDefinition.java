package dev.hermes.api.openapi;

import io.swagger.v3.oas.annotations.OpenAPIDefinition;
import io.swagger.v3.oas.annotations.enums.SecuritySchemeType;
import io.swagger.v3.oas.annotations.info.Info;
import io.swagger.v3.oas.annotations.info.License;
import io.swagger.v3.oas.annotations.security.SecurityRequirement;
import io.swagger.v3.oas.annotations.security.SecurityScheme;

/** Title and security scheme of the API's description; read by the build alone. */
@OpenAPIDefinition(
    info =
        @Info(
            title = "Hermes control API",
            version = "v1",
            description =
                "AI agents for many tenants. OpenAI-compatible chat whose tools run in the"
                    + " tenant's own sandboxes.",
            license = @License(name = "Apache-2.0")),
    security = @SecurityRequirement(name = "apiKey"))
@SecurityScheme(name = "apiKey", type = SecuritySchemeType.HTTP, scheme = "bearer")
interface ApiDefinition {}
