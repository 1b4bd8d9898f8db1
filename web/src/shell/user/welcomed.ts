/** Whether this browser has seen the first-run page. */

const KEY = "imagedepot.welcomed";
let begun = false;

export const welcomed = {
  read(): boolean {
    try {
      return localStorage.getItem(KEY) === "yes";
    } catch {
      return false;
    }
  },
  write(): void {
    begun = false;
    try {
      localStorage.setItem(KEY, "yes");
    } catch {
      // A browser without storage sees the page once per visit.
    }
  },
  /** The first-run page is being worked through: it stays, also once the first user exists. */
  begin(): void {
    begun = true;
  },
  begun(): boolean {
    return begun;
  },
};
