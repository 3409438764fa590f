"""IdentityService and AuthMetadataService while authentication is off: everybody is who they say they are."""

from __future__ import annotations

from alula.errors import Unsupported
from alula.idl import service
from alula.server.context import Context

_OFF = "authentication is off on this server: connect without credentials (admin.insecure: true, no authType)"


class IdentityService:
    """flyteidl.service.IdentityService."""

    async def UserInfo(self, request: service.UserInfoRequest, context: Context) -> service.UserInfoResponse:
        return service.UserInfoResponse(subject=context.principal, name=context.principal)


class AuthMetadataService:
    """flyteidl.service.AuthMetadataService."""

    async def GetOAuth2Metadata(self, request: service.OAuth2MetadataRequest, context: Context) -> service.OAuth2MetadataResponse:
        raise Unsupported(_OFF)

    async def GetPublicClientConfig(
        self, request: service.PublicClientAuthConfigRequest, context: Context
    ) -> service.PublicClientAuthConfigResponse:
        raise Unsupported(_OFF)
