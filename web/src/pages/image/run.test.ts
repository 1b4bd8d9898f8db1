import { describe, expect, it } from "vitest";
import { containerName, dockerRun, lxcLines, quoted } from "./run";

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
