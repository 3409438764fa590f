import js from "@eslint/js";
import a11y from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import ts from "typescript-eslint";

const PURE = ["src/graph", "src/timeline", "src/compare", "src/literal", "src/log"];

export default ts.config(
  { ignores: ["public", "src/idl/openapi.ts", "src/routeTree.gen.ts"] },
  js.configs.recommended,
  ...ts.configs.recommendedTypeChecked,
  a11y.flatConfigs.recommended,
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ["eslint.config.js"] }, tsconfigRootDir: import.meta.dirname } },
    plugins: { "react-hooks": hooks },
    rules: {
      "react-hooks/rules-of-hooks": "error",
      "react-hooks/exhaustive-deps": "error",
      "max-lines": ["error", { max: 300, skipBlankLines: true, skipComments: true }],
      "no-console": "error",
      "no-restricted-globals": ["error", { name: "fetch", message: "only src/api fetches" }, { name: "EventSource", message: "only src/api streams" }, { name: "XMLHttpRequest", message: "only src/api sends" }],
      "no-restricted-syntax": ["error", { selector: "MemberExpression[object.name='event'][property.name='key']", message: "ask actionOf or useShortcuts: src/lib/shortcuts.ts holds every key" }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/only-throw-error": "off", // the router throws redirects
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
    },
  },
  { files: ["src/api/**"], rules: { "no-restricted-globals": "off" } },
  {
    files: PURE.map((folder) => `${folder}/**`),
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: [{ group: ["react", "react-dom", "@xyflow/*", "@/components/*", "@/routes/*", "@/api/*"], message: "pure: no React, no fetching" }] },
      ],
    },
  },
  { files: ["src/components/**"], rules: { "no-restricted-imports": ["error", { patterns: [{ group: ["@/routes/*"], message: "components know no pages" }] }] } },
  { files: ["*.js"], ...ts.configs.disableTypeChecked },
);
