/** Signing in, and the first run. */

export const login = {
  title: "Sign in",
  username: "User name",
  password: "Password",
  action: "Sign in",
  show: "Show or hide the password",
  openid: (name: string) => `Sign in with ${name}`,
  finishing: "One moment…",
  failed: "Sign-in failed",
  denied: "The identity provider rejected the sign-in.",
  nothing: "The identity provider returned no sign-in code. Try again.",
  again: "Back to sign-in",
  forgot: "Forgot your password? Run `imagedepot user passwd NAME` on the device.",
} as const;

export const ownPassword = {
  action: "Change your password…",
  title: "Change your password",
  current: "Current password",
  password: "New password",
  hint: "At least 8 characters. You will be signed out everywhere else.",
  changed: "Password changed",
} as const;

export const welcome = {
  title: "Welcome to Image Depot",
  lead: "All your container images in one place: find them, download them, see how much space they use.",
  accountTitle: "Set a password",
  account: "Image Depot can only be opened on this device until there is an administrator.",
  reach: "Create one, then allow access from your network by starting Image Depot like this:",
  reachLabel: "Command to start it",
  reachCommand: "imagedepot serve --listen 0.0.0.0:8080",
  create: "Create administrator",
  created: (name: string) => `${name} is now the administrator. You are signed in.`,
  engineTitle: "Where to store images",
  engine: (kind: string) =>
    `${kind} is running on this device. Store images there, so that you can run them right away?`,
  engineUse: (kind: string) => `Use ${kind}`,
  engineKeep: "You can change this later, in Settings.",
  skip: "Skip for now",
  start: "Start",
  startHint: "Next: pick something from the App Center.",
} as const;

export const setup = {
  linked: "Image Depot has no user yet. Create the administrator, then sign in from any device in your network.",
  typed:
    "Image Depot has no user yet. At its start it printed a link with a one-time code: open the link, or enter the code.",
  code: "One-time code",
  codeHint: "It is in the log of the service's last start, and expires when the first user is created.",
} as const;
