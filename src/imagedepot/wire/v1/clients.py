"""Other machines: the files that make them pull through the service, and their latest requests."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from imagedepot.service.client_config import Client
from imagedepot.wire.v1.base import Answer, Count, about, moment

if TYPE_CHECKING:
    from imagedepot.service.client_config import ClientConfig as Config
    from imagedepot.service.client_config import ConfigFile as File
    from imagedepot.service.client_requests import ClientRequest as Request


class ConfigFile(Answer):
    """A file on the other machine."""

    path: str
    content: str
    merged: Annotated[bool, about("Whether the file may hold something else already, so that lines are added to it.")]

    @classmethod
    def of(cls, file: File) -> ConfigFile:
        return cls(path=file.path, content=file.content, merged=file.merged)


class ClientConfig(Answer):
    """What makes one kind of client pull through the service."""

    client: Client
    address: Annotated[str, about("Where the client will look for the service.")]
    files: list[ConfigFile]
    script: Annotated[str, about("A shell script that writes the files; it changes none that is there already.")]
    apply: Annotated[str, about("The command that puts the files into force; empty if none is needed.")]
    login: Annotated[str, about("The command that signs in; empty if there is none.")]
    attempt: Annotated[str, about("A command that pulls something.")]
    can: Annotated[list[str], about("Sentences.")]
    cannot: Annotated[list[str], about("Sentences.")]
    warnings: Annotated[list[str], about("What keeps other machines from using the service now, in sentences.")]

    @classmethod
    def of(cls, config: Config) -> ClientConfig:
        return cls(
            client=config.client,
            address=config.address.url,
            files=[ConfigFile.of(each) for each in config.files],
            script=config.script,
            apply=config.apply,
            login=config.login,
            attempt=config.attempt,
            can=list(config.can),
            cannot=list(config.cannot),
            warnings=list(config.warnings),
        )


class ClientRequest(Answer):
    """The latest request of one client to `/v2/`."""

    number: Annotated[Count, about("Counts all requests to `/v2/` since the service's start.")]
    time: datetime
    address: Annotated[str, about("The client's.")]
    agent: Annotated[str, about("The program, as it calls itself.")]
    request: Annotated[str, about("Method and path.")]
    status: int

    @classmethod
    def of(cls, request: Request) -> ClientRequest:
        return cls(
            number=request.number,
            time=moment(request.time),
            address=request.address,
            agent=request.agent,
            request=request.request,
            status=request.status,
        )
