"""`flyteidl.service` request and response messages under short names (no gRPC stubs: those load grpc)."""

from flyteidl.service.auth_pb2 import (
    OAuth2MetadataRequest,
    OAuth2MetadataResponse,
    PublicClientAuthConfigRequest,
    PublicClientAuthConfigResponse,
)
from flyteidl.service.dataproxy_pb2 import (
    ArtifactType,
    CreateDownloadLinkRequest,
    CreateDownloadLinkResponse,
    CreateDownloadLocationRequest,
    CreateDownloadLocationResponse,
    CreateUploadLocationRequest,
    CreateUploadLocationResponse,
    GetDataRequest,
    GetDataResponse,
    PreSignedURLs,
)
from flyteidl.service.identity_pb2 import (
    UserInfoRequest,
    UserInfoResponse,
)
