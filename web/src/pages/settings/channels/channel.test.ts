import { expect, test } from "vitest";
import { type Typed, wanted } from "./channel";

const typed: Typed = {
  kind: "email",
  name: " family ",
  address: " smtp://mail.lan ",
  username: "depot",
  secret: " secret ",
  sender: "depot@nas.lan",
  recipients: "ada@home.lan, bob@home.lan;carl@home.lan",
  events: ["failed"],
};

test("a mail has a login, a sender and recipients", () => {
  expect(wanted(typed)).toEqual({
    kind: "email",
    name: "family",
    address: "smtp://mail.lan",
    username: "depot",
    secret: " secret ",
    sender: "depot@nas.lan",
    recipients: ["ada@home.lan", "bob@home.lan", "carl@home.lan"],
    events: ["failed"],
  });
});

test("what was typed for another kind is not sent", () => {
  const plain = { username: null, sender: null, recipients: null };
  expect(wanted({ ...typed, kind: "webhook" })).toMatchObject({ ...plain, secret: " secret " });
  expect(wanted({ ...typed, kind: "apprise" })).toMatchObject({ ...plain, secret: null });
  expect(wanted({ ...typed, kind: "mqtt" })).toMatchObject({ ...plain, username: "depot" });
});

test("an empty secret is none", () => {
  expect(wanted({ ...typed, kind: "webhook", secret: "" }).secret).toBeNull();
});
