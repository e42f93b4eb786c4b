import { useEffect, useState } from "react";

const PLAY_EVERY = 900;

/** Plays over the steps, from the start when the last one is shown. */
export function usePlaying(steps: number, at: number, go: (at: number) => void): [boolean, () => void] {
  const [playing, setPlaying] = useState(false);
  useEffect(() => {
    if (!playing) return;
    const timer = setTimeout(() => {
      if (at >= steps - 1) setPlaying(false);
      else go(at + 1);
    }, PLAY_EVERY);
    return () => clearTimeout(timer);
  });
  const toggle = () => {
    if (!playing && at >= steps - 1) go(0);
    setPlaying(!playing);
  };
  return [playing, toggle];
}
