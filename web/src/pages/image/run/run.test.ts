import { describe, expect, it } from "vitest";
import { composeFile, containerName, dockerRun, lxcLines, quadlet, quoted } from "./run";

describe("dockerRun", () => {
  it("publishes ports and names volumes", () => {
    const inspect = {
      Config: { ExposedPorts: { "80/tcp": {}, "1900/udp": {}, "8096/tcp": {} }, Volumes: { "/var/lib/config": {} } },
    };
    expect(dockerRun({ name: "jellyfin/jellyfin", tag: "10" }, inspect)).toBe(
      [
        "docker run -d",
        "--name jellyfin",
        "--restart unless-stopped",
        "-p 8080:80",
        "-p 1900:1900/udp",
        "-p 8096:8096",
        "-v jellyfin-config:/var/lib/config",
        "jellyfin/jellyfin:10",
      ].join(" \\\n  "),
    );
  });
  it("takes an image that says nothing", () => {
    expect(dockerRun({ name: "hello-world", tag: "latest" }, { Config: null })).toContain("hello-world:latest");
  });
  it("gives two paths that end alike a volume each", () => {
    const inspect = { Config: { Volumes: { "/config/data": {}, "/srv/data/": {}, "/cache": {} } } };
    const line = dockerRun({ name: "x", tag: "latest" }, inspect);
    for (const volume of ["x-config-data:/config/data", "x-srv-data:/srv/data/", "x-cache:/cache"])
      expect(line).toContain(`-v ${volume} `);
  });
  it("runs the image from where it is", () => {
    const line = dockerRun({ name: "jellyfin/jellyfin", tag: "latest" }, {}, "localhost:8080/jellyfin/jellyfin");
    expect(line).toContain("--name jellyfin");
    expect(line.endsWith("localhost:8080/jellyfin/jellyfin:latest")).toBe(true);
  });
  it("never lets an image's words become commands", () => {
    const inspect = { Config: { ExposedPorts: { "80; rm -rf /": {} }, Volumes: { "/a'$(reboot)": {} } } };
    const line = dockerRun({ name: "x", tag: "latest" }, inspect);
    expect(line).not.toContain("80; rm");
    expect(line).toContain(`-v 'x-a---reboot-:/a'\\''$(reboot)'`);
  });
});

const jellyfin = {
  Config: { ExposedPorts: { "80/tcp": {}, "1900/udp": {}, "8096/tcp": {} }, Volumes: { "/var/lib/config": {} } },
};

describe("composeFile", () => {
  it("publishes ports and names volumes", () => {
    expect(composeFile({ name: "jellyfin/jellyfin", tag: "10" }, jellyfin, "nas:8080/jellyfin/jellyfin")).toBe(
      [
        "services:",
        "  jellyfin:",
        '    image: "nas:8080/jellyfin/jellyfin:10"',
        "    restart: unless-stopped",
        "    ports:",
        '      - "8080:80"',
        '      - "1900:1900/udp"',
        '      - "8096:8096"',
        "    volumes:",
        '      - "jellyfin-config:/var/lib/config"',
        "volumes:",
        "  jellyfin-config:",
      ].join("\n"),
    );
  });
  it("takes an image that says nothing", () => {
    expect(composeFile({ name: "hello-world", tag: "latest" }, { Config: null })).toContain('"hello-world:latest"');
  });
  it("never lets an image's words become keys or variables", () => {
    const hostile = { Config: { Volumes: { '/a"\n    privileged: true': {}, "/$HOME": {} } } };
    const file = composeFile({ name: "x", tag: "latest" }, hostile);
    expect(file.split("\n").some((line) => line.trim().startsWith("privileged"))).toBe(false);
    expect(file).toContain("/$$HOME");
  });
});

describe("quadlet", () => {
  it("is a unit of one container, with the registry in its name", () => {
    expect(quadlet({ name: "jellyfin/jellyfin", tag: "10" }, jellyfin)).toBe(
      [
        "[Container]",
        "Image=docker.io/jellyfin/jellyfin:10",
        "ContainerName=jellyfin",
        "PublishPort=8080:80",
        "PublishPort=1900:1900/udp",
        "PublishPort=8096:8096",
        "Volume=jellyfin-config:/var/lib/config",
        "",
        "[Service]",
        "Restart=always",
        "",
        "[Install]",
        "WantedBy=default.target",
      ].join("\n"),
    );
    expect(quadlet({ name: "redis", tag: "7" }, {})).toContain("Image=docker.io/library/redis:7");
    expect(quadlet({ name: "ghcr.io/a/b", tag: "1" }, {})).toContain("Image=ghcr.io/a/b:1");
  });
  it("never lets an image's words become lines or specifiers", () => {
    const hostile = { Config: { Volumes: { "/a\nExec=/bin/evil": {}, "/%h": {} } } };
    const unit = quadlet({ name: "x", tag: "latest" }, hostile);
    expect(unit).not.toContain("Exec=");
    expect(unit).toContain("/%%h");
  });
});

describe("quoted", () => {
  it("leaves plain words and quotes the rest", () => {
    expect(quoted("a/b:1.0")).toBe("a/b:1.0");
    expect(quoted("a b")).toBe("'a b'");
    expect(quoted("it's")).toBe(`'it'\\''s'`);
    expect(quoted("$(reboot)")).toBe("'$(reboot)'");
  });
});

describe("lxcLines", () => {
  it("uses the engine's own command, or the files of our store", () => {
    expect(lxcLines("debian/bookworm", "incus")).toBe("incus launch debian/bookworm debian-bookworm");
    expect(lxcLines("debian/bookworm", "lxd")).toContain("lxc launch");
    expect(lxcLines("debian/bookworm", "embedded", { metadata: "/d/m.tar.xz", rootfs: "/d/r s.tar.xz" })).toContain(
      "--fstree '/d/r s.tar.xz'",
    );
  });
});

describe("containerName", () => {
  it("is what engines accept", () => {
    expect(containerName("lscr.io/linuxserver/jellyfin")).toBe("jellyfin");
    expect(containerName("__x")).toBe("x");
  });
});
