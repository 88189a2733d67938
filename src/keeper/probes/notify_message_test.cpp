// The words of sd_notify(3), and what is not among them.
#include "keeper/probes/notify_message.hpp"

#include <gtest/gtest.h>
#include <string>

namespace ostler::keeper {
namespace {

using namespace std::chrono_literals;

TEST(a_notification, is_read_in_all_its_words) {
  EXPECT_EQ(parse_notify("READY=1\nSTATUS=serving\nMAINPID=4711\nWATCHDOG=1\nSTOPPING=1\nRELOADING=1\n"
                         "EXTEND_TIMEOUT_USEC=1500000\nERRNO=2"),
            (notify_message{.ready = true,
                            .stopping = true,
                            .reloading = true,
                            .watchdog = true,
                            .status = "serving",
                            .main_pid = 4711,
                            .extend_timeout = 1500ms,
                            .error_number = 2}));
}

TEST(a_notification, passes_over_what_it_does_not_know) {
  EXPECT_EQ(parse_notify("FDSTORE=1\nREADY=1\nX_OWN=y\n\nBARRIER=1\nMONOTONIC_USEC=1"),
            notify_message{.ready = true});
  for (auto const text :
       {"", "\n\n", "READY", "READY=", "READY=0", "READY=11", "READY =1", "ready=1", "=1", "NOTREADY=1"})
    EXPECT_EQ(parse_notify(text), std::nullopt) << text;
}

TEST(a_notification, believes_no_number_that_cannot_be) {
  for (auto const text : {"MAINPID=0", "MAINPID=-1", "MAINPID=4194305", "MAINPID=99999999999999999999",
                          "MAINPID=1x", "MAINPID= 1", "ERRNO=-1", "ERRNO=4096", "EXTEND_TIMEOUT_USEC=-1",
                          "EXTEND_TIMEOUT_USEC=9223372036854775807", "EXTEND_TIMEOUT_USEC="})
    EXPECT_EQ(parse_notify(text), std::nullopt) << text;
}

TEST(a_notification, takes_the_last_of_each_and_keeps_the_equals_signs_of_a_status) {
  EXPECT_EQ(parse_notify("STATUS=a\nSTATUS=b=c")->status, "b=c");
  EXPECT_EQ(parse_notify("STATUS=")->status, "");
}

TEST(a_status, is_fit_to_show) {
  EXPECT_EQ(parse_notify("STATUS=\x1b[31mred\x07\t\x7f!")->status, "[31mred!");
  EXPECT_EQ(parse_notify("STATUS=gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80")->status,
            "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80");
  // Half characters, overlong ones, surrogates, beyond the last, the controls of C1.
  EXPECT_EQ(
      parse_notify("STATUS=a\xc3|\xe2\x82|\x80|\xc0\xaf|\xe0\x80\xaf|\xed\xa0\x80|\xf4\x90\x80\x80|\xc2\x9bz")
          ->status,
      "a|||||||z");
  EXPECT_EQ(parse_notify("STATUS=end\xe2\x82")->status, "end");
}

TEST(a_status, is_cut_between_two_characters) {
  EXPECT_EQ(parse_notify("STATUS=" + std::string(300, 'x'))->status, std::string(256, 'x'));
  EXPECT_EQ(parse_notify("STATUS=" + std::string(255, 'x') + "\xc3\xbc")->status, std::string(255, 'x'));
  EXPECT_EQ(parse_notify("STATUS=" + std::string(254, 'x') + "\xc3\xbcy")->status,
            std::string(254, 'x') + "\xc3\xbc");
}

}  // namespace
}  // namespace ostler::keeper
