/** A widget of a dashboard, where and as large as CloudWatch draws it: in cells of a grid 24 wide. */
export interface Widget {
  readonly type: 'alarm' | 'log' | 'metric';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: {
    readonly title: string;
    /** ARNs, of an alarm widget. */
    readonly alarms?: readonly string[];
    /** Of a metric widget, each as CloudWatch writes it. */
    readonly metrics?: readonly any[][];
    readonly stacked?: boolean;
    /** Of a log widget. */
    readonly query?: string;
  };
}

interface Template {
  readonly Resources: Record<string, { readonly Type: string; readonly Properties: any }>;
}

/** The widgets of the one dashboard of a template. What is not known before it is deployed reads `${Name}`. */
export function dashboardWidgets(template: object): Widget[] {
  const all = Object.values((template as Template).Resources);
  const dashboard = all.find(({ Type }) => Type === 'AWS::CloudWatch::Dashboard');
  if (dashboard === undefined) throw new Error('the template has no dashboard');
  return JSON.parse(written(dashboard.Properties.DashboardBody)).widgets;
}

/** The text that an expression of CloudFormation comes to. */
function written(expression: any): string {
  if (typeof expression === 'string') return expression;
  const { 'Fn::Join': join, 'Fn::GetAtt': attribute, Ref: name } = expression;
  if (join !== undefined) return join[1].map(written).join(join[0]);
  return `\${${attribute?.join('.') ?? name}}`;
}
