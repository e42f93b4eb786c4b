import { Message } from "../shell/Message";

export function ComparePage() {
  return <Message title="Compare">Select runs in the list first.</Message>;
}
