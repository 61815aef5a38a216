import js from "@eslint/js";

export default [
  { ignores: ["vendor/", "tests/node_modules/"] },
  js.configs.recommended,
  {
    rules: {
      // The compiler knows which names there are.
      "no-undef": "off",
      eqeqeq: "error",
      "max-lines": ["error", 500],
      "no-implicit-coercion": ["error", { boolean: false }],
      "no-param-reassign": "error",
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
    },
  },
  {
    files: ["src/**"],
    rules: {
      "no-console": "error",
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: "Markup is made by `html`." },
        { property: "outerHTML", message: "Markup is made by `html`." },
      ],
    },
  },
];
