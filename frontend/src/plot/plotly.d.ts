/** The few calls that the page makes of plotly's cartesian bundle. */
declare module "plotly.js-cartesian-dist-min" {
  export interface PlotElement extends HTMLElement {
    on(event: string, listener: (event: Record<string, unknown>) => void): void;
    removeAllListeners(event: string): void;
  }
  interface Plotly {
    react(element: HTMLElement, data: object[], layout: object, config: object): Promise<PlotElement>;
    relayout(element: HTMLElement, changes: object): Promise<PlotElement>;
    restyle(element: HTMLElement, changes: object, traces?: number[]): Promise<PlotElement>;
    purge(element: HTMLElement): void;
    toImage(figure: object, options: object): Promise<string>;
    downloadImage(element: HTMLElement | object, options: object): Promise<string>;
    Plots: { resize(element: HTMLElement): Promise<void> };
  }
  const plotly: Plotly;
  export default plotly;
}
