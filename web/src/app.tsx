import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { BrowserRouter, Navigate, Route, Routes } from "react-router";
import { base } from "./api/client";
import { client } from "./api/queries";
import { App as AppPage, Discover, Downloads, Image, Images, Mirror, Settings, Space } from "./pages/pages";
import { Gate } from "./shell/Gate";
import { Lost } from "./shell/Lost";
import { Shell } from "./shell/Shell";
import { texts } from "./texts";
import { nonce } from "./theme/nonce";
import { FLOATING, theme, variables } from "./theme/theme";

export function App() {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto" getStyleNonce={nonce}>
      <QueryClientProvider client={client}>
        <Notifications position="top-center" limit={4} zIndex={300} />
        <BrowserRouter basename={base}>
          <Gate>
            <Routes>
              <Route element={<Shell />}>
                <Route index element={<Images />} />
                <Route path="images/:type/*" element={<Image />} />
                <Route path="discover" element={<Navigate to="/discover/appcenter" replace />} />
                <Route path="discover/app/:type/*" element={<AppPage />} />
                <Route path="discover/:depot" element={<Discover />} />
                <Route path="downloads" element={<Downloads />} />
                <Route path="space" element={<Space />} />
                <Route path="mirror" element={<Mirror />} />
                <Route path="mirror/:view" element={<Mirror />} />
                <Route path="settings" element={<Navigate to="/settings/general" replace />} />
                <Route path="settings/:section" element={<Settings />} />
                <Route path="sign-in" element={<Navigate to="/" replace />} />
                <Route path="setup" element={<Navigate to="/" replace />} />
                <Route path="*" element={<Lost />} />
              </Route>
            </Routes>
          </Gate>
        </BrowserRouter>
        <section id={FLOATING.slice(1)} aria-label={texts.nav.floating} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
