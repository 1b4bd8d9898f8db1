/** Signing in, and the first run. */

export const login = {
  title: "Sign in",
  username: "User name",
  password: "Password",
  action: "Sign in",
  show: "Show or hide the password",
  openid: (name: string) => `Sign in with ${name}`,
  finishing: "One moment…",
  failed: "That did not work",
  denied: "The identity provider says that the sign-in was not allowed.",
  nothing: "The identity provider sent nothing to sign in with.",
  again: "Back to signing in",
  forgot: "Forgot it? On the device, run: imagedepot user passwd NAME",
} as const;

export const ownPassword = {
  action: "Change your password…",
  title: "Change your password",
  current: "Current password",
  password: "New password",
  hint: "At least 8 characters. It signs you out everywhere else.",
  changed: "Your password is changed",
} as const;

export const welcome = {
  title: "Welcome to Image Depot",
  lead: "Every container image of this device in one place: find it, get it, see it arrive, see what it takes.",
  accountTitle: "Protect it with a password",
  account: "Without a user, only this very device can open these pages.",
  reach: "Create the administrator to reach them from elsewhere, and start Image Depot at an address of your network:",
  reachLabel: "Command to start it",
  reachCommand: "imagedepot serve --listen 0.0.0.0:8080",
  create: "Create the administrator",
  created: (name: string) => `${name} is the administrator, and you are signed in.`,
  engineTitle: "An engine was found",
  engine: (kind: string, address: string) =>
    `${kind} answers at ${address}. Image Depot can work with its images instead of keeping its own.`,
  engineUse: (kind: string) => `Use ${kind}`,
  engineKeep: "You can change this later, in Settings.",
  skip: "Skip for now",
  start: "Start",
  startHint: "Next: pick something from the App Center.",
} as const;

export const setup = {
  linked: "Image Depot has no user yet. Create the administrator, and it is ready for every device of your network.",
  typed:
    "Image Depot has no user yet. It has printed a link with a one-time code as it started: open that, or type the code.",
  code: "One-time code",
  codeHint: "It stands in the log of the service's last start, and ends with the first user.",
} as const;
